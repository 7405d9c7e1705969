#!/usr/bin/env python3
"""Many connections to one listener, for the tests of what is not worth watching.

server [defer] [large]
             answers each message of 64 bytes with the same bytes. Prints "listening PORT". With defer it gets a connection only when it has sent something (TCP_DEFER_ACCEPT). With large
             it says them 1,280 times, in five messages of 16 KiB, as a proxy passes on a file of 64 KiB.
client PORT [QUESTIONS [TIMES]]
             walks through three phases, a line on standard input ends each:
               short   connect, ask once, or so many QUESTIONS, close; again and again. Prints "made COUNT" at its end. TIMES: how often the server says an answer
               rest    nothing
               last    every 50 ms one more connection; each is asked again and again and stays open
keeper PORT [COUNT]
             the same with no phase after the first, but from the first line on it keeps every third connection open, 64 or COUNT of them, and goes on with short ones. At the second it prints
             "made COUNT", those included, asks those again and again, and at the third closes them.

bursts PORT AT_ONCE POOL
             begins with short ones until the first line. Then it opens AT_ONCE, asks each once and closes them all, again and again with pauses, until the second line. After a
             last pause it opens POOL, asks each once, prints "made COUNT", those included, and leaves them idle; at the third line it closes them.

An answer that is not what was sent ends both with a message and exit code 1.

All use non-blocking sockets.
"""
import os
import select
import selectors
import socket
import sys
import time

MESSAGE = 64
ONE, LARGE = (1, 1), (5, 256)  # messages of an answer, and how often each says what was asked
KEPT = 64
PAUSE = 0.1  # several times as long as what makes an end of a burst


def server(options):
    messages, times = LARGE if "large" in options else ONE
    listener = socket.socket()
    if "defer" in options:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    listener.setblocking(False)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                peer = listener.accept()[0]
                peer.setblocking(False)
                ready.register(peer, selectors.EVENT_READ)
            elif data := key.fileobj.recv(MESSAGE):
                for _ in range(messages):
                    send_all(key.fileobj, data * times)
            else:
                ready.unregister(key.fileobj)
                key.fileobj.close()


def send_all(link, data):
    while data:
        select.select([], [link], [])
        data = data[link.send(data):]


def connect(port):
    link = socket.create_connection(("127.0.0.1", port))
    link.setblocking(False)
    return link


def ask(link, times=1):
    question, answer = os.urandom(MESSAGE), b""
    send_all(link, question)
    while len(answer) < MESSAGE * times:
        select.select([link], [], [])
        data = link.recv(MESSAGE * times - len(answer))
        if not data:
            sys.exit("hasty: the connection ended early")
        answer += data
    if answer != question * times:
        sys.exit("hasty: the answer is not what was sent")


def told(seconds=0):
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def next_line():
    """And no more: select() sees only what is left in the pipe."""
    while os.read(0, 1) not in (b"\n", b""):
        pass


def client(port, questions=1, times=1):
    made, lasting = 0, []
    while not told():
        with connect(port) as link:
            for _ in range(questions):
                ask(link, times)
        made += 1
    next_line()
    print(f"made {made}", flush=True)
    next_line()
    while not told(0.05):
        lasting.append(connect(port))
        for link in lasting:
            ask(link, times)


def close_both(link):
    """Until the other end is closed as well."""
    link.shutdown(socket.SHUT_WR)
    select.select([link], [], [])
    if link.recv(1):
        sys.exit("hasty: more than the answer")
    link.close()


def asked(port, count):
    """All are open before the first is asked."""
    links = [connect(port) for _ in range(count)]
    for link in links:
        ask(link)
    return links


def bursts(port, at_once, pool):
    made = 0
    while not told():
        with connect(port) as link:
            ask(link)
        made += 1
    next_line()
    while not told(PAUSE):
        for link in asked(port, at_once):
            close_both(link)
        made += at_once
    next_line()
    time.sleep(PAUSE)
    kept = asked(port, pool)
    print(f"made {made + len(kept)}", flush=True)
    next_line()
    for link in kept:
        link.close()


def keeper(port, count=KEPT):
    made, kept, lines = 0, [], 0
    while lines < 2:
        if told():
            next_line()
            lines += 1
        link = connect(port)
        ask(link)
        made += 1
        if lines and len(kept) < count and made % 3 == 0:
            kept.append(link)
        else:
            link.close()
    print(f"made {made}", flush=True)
    while not told(0.05):
        for link in kept:
            ask(link)


os.nice(-15)  # haste is a matter of milliseconds, and a busy machine would make one pause after another
if sys.argv[1] == "server":
    server(sys.argv[2:])
else:
    {"client": client, "keeper": keeper, "bursts": bursts}[sys.argv[1]](*map(int, sys.argv[2:]))
