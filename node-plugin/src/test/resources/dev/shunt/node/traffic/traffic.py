#!/usr/bin/env python3
"""The two programs that the traffic tests put on both ends of connections.

serve     echoes on one thread with epoll; prints "listening PORT" when it is ready
exchange  opens connections, sends random blocks on all of them at once, compares every byte of
          the echo and prints one line of JSON: {"connections": n, "bytes": sent and received, "rounds": n}

Both use non-blocking sockets unless --blocking is given. A wrong byte, an early end or silence for
ten seconds ends either program with a message and exit code 1.
"""
import argparse
import json
import random
import select
import socket
import sys
import time

SILENCE_SECONDS = 30


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def fail(message):
    sys.exit(f"traffic: {message}")


def serve(options):
    listener = socket.socket(family(options.address))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.address == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((options.address, options.port))
    listener.listen(1024)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    peers, unsent = {}, {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                peer = listener.accept()[0]
                peer.setblocking(options.blocking)
                peers[peer.fileno()], unsent[peer.fileno()] = peer, b""
                poll.register(peer, select.EPOLLIN)
                continue
            peer = peers[fd]
            try:
                if not unsent[fd]:
                    unsent[fd] = peer.recv(1 << 16)
                    if not unsent[fd]:
                        raise ConnectionError
                unsent[fd] = unsent[fd][peer.send(unsent[fd]):]
            except BlockingIOError:
                pass
            except ConnectionError:
                poll.unregister(fd)
                peers.pop(fd).close()
                unsent.pop(fd)
                continue
            poll.modify(fd, select.EPOLLOUT if unsent[fd] else select.EPOLLIN)


class Conversation:
    """One connection: sends a block, expects it back, then the next."""

    def __init__(self, options, seed):
        self.random = random.Random(seed)
        self.socket = socket.create_connection((options.address, options.port), SILENCE_SECONDS)
        self.socket.setblocking(options.blocking)
        self.rounds, self.bytes = options.rounds, 0
        self.next_block()

    def use_once(self):
        """A byte each way: the programs at both ends were seen to use the connection."""
        blocking = self.socket.getblocking()
        self.socket.settimeout(SILENCE_SECONDS)  # waits with poll; O_NONBLOCK stays
        self.socket.sendall(b"1")
        if self.socket.recv(1) != b"1":
            fail("the first byte did not come back")
        self.bytes += 2
        self.socket.setblocking(blocking)

    def next_block(self):
        self.block = self.random.randbytes(self.random.choice([1, 17, 1000, 16384, 65537, 200000]))
        self.sent = self.received = 0

    def wants(self):
        return select.EPOLLIN | (select.EPOLLOUT if self.sent < len(self.block) else 0)

    def advance(self, events):
        """Returns whether the conversation is over."""
        try:
            if events & select.EPOLLOUT and self.sent < len(self.block):
                self.sent += self.socket.send(self.block[self.sent:self.sent + 65536])
            if events & select.EPOLLIN:
                data = self.socket.recv(1 << 16)
                if not data:
                    fail("the connection ended early")
                if data != self.block[self.received:self.received + len(data)]:
                    fail(f"wrong bytes after {self.bytes + self.received}")
                self.received += len(data)
        except BlockingIOError:
            pass
        if self.received < len(self.block):
            return False
        self.bytes += 2 * len(self.block)
        self.rounds -= 1
        if self.rounds:
            self.next_block()
        return not self.rounds


def exchange(options):
    poll = select.epoll()
    talks = {}
    for i in range(options.connections):
        talk = Conversation(options, options.seed * 1000 + i)
        talks[talk.socket.fileno()] = talk
    if options.use_once:
        for talk in talks.values():
            talk.use_once()
    print("connected", flush=True)
    if options.wait_for_line:
        while sys.stdin.readline() == "use\n":
            for talk in talks.values():
                talk.use_once()
            print("used", flush=True)
    for fd, talk in talks.items():
        poll.register(fd, talk.wants())
    total = 0
    while talks:
        events = poll.poll(SILENCE_SECONDS)
        if not events:
            fail(f"silence: {len(talks)} connections wait, one has {next(iter(talks.values())).received} bytes")
        for fd, event in events:
            talk = talks[fd]
            if talk.advance(event):
                total += talk.bytes
                poll.unregister(fd)
                del talks[fd]
                talk.socket.close()
            else:
                poll.modify(fd, talk.wants())
    print(json.dumps({"connections": options.connections, "rounds": options.rounds, "bytes": total}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", choices=["serve", "exchange"])
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--blocking", action="store_true")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--use-once", action="store_true", help="send and receive a byte on each connection before that")
    parser.add_argument("--wait-for-line", action="store_true", help="after connecting, wait for a line on stdin; use each connection once for every line that says use")
    options = parser.parse_args()
    try:
        (serve if options.program == "serve" else exchange)(options)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        fail(error)


main()
