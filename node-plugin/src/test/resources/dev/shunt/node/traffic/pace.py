#!/usr/bin/env python3
"""Two programs, one at each end of a connection, for the tests of what pays and of how much may be unread.

sink    reads and answers each message of 64 bytes that begins with "?" with the CRC of all it read so far. Prints "listening PORT". A line on standard input
        makes it stop reading, the next one go on. SO_RCVBUF is what follows, if anything does.
source  walks through the phases that its arguments name, a line on standard input ends each:
          rest    nothing
          ask     "?" messages, each after the last answer
          stream  "-" messages of 64 bytes without a pause, by a socket that is paced, as all are with bbr
          free    the same by one that is not
          nagle   16 MiB in "-" messages of 1 KiB, without TCP_NODELAY, and then a "?"
          pour    messages of 64 KiB without a pause
          gust    6 MiB in messages of 64 KiB, more than may be unread, and then a "?"
        An answer that differs from the CRC of what was sent ends it with a message and exit code 1.

Both use non-blocking sockets and keep to one CPU, the same one; "sink-apart" instead of "sink" keeps to another.
"""
import os
import select
import socket
import struct
import sys
import zlib

MESSAGE = 64
SO_MAX_PACING_RATE = 47  # include/uapi/asm-generic/socket.h
LINE = sys.stdin.fileno()


def readable(what, timeout_ms=None):
    poll = select.poll()
    poll.register(what, select.POLLIN)
    return bool(poll.poll(timeout_ms))


def sink(*buffer):
    listener = socket.socket()
    for size in buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(size))
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    readable(listener)
    peer = listener.accept()[0]
    peer.setblocking(False)
    poll = select.poll()
    poll.register(LINE, select.POLLIN)
    poll.register(peer, select.POLLIN)
    crc, seen, last, reading = 0, 0, b"", True
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if LINE in ready:
            if not os.read(LINE, 1):
                return
            reading = not reading
            poll.modify(peer, select.POLLIN if reading else 0)
            print("reading" if reading else "stopped", flush=True)
            continue
        data = peer.recv(1 << 18)
        if not data:
            return
        crc, seen, last = zlib.crc32(data, crc), seen + len(data), (last + data)[-MESSAGE:]
        if seen % MESSAGE == 0 and last[:1] == b"?":
            peer.send(struct.pack("!QI", seen, crc).ljust(MESSAGE, b"."))


class Source:
    def __init__(self, port):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")  # at first: bbr's pacing outlasts it
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = select.poll()
        self.room.register(self.socket, select.POLLOUT)
        self.crc = self.sent = 0

    def offer(self, data):
        """Sends a part of it, or nothing."""
        try:
            count = self.socket.send(data)
        except BlockingIOError:
            return 0
        self.crc, self.sent = zlib.crc32(data[:count], self.crc), self.sent + count
        return count

    def send(self, data):
        while data:
            data = data[self.offer(data):]
            if data:
                self.room.poll()

    def rest(self):
        readable(LINE)

    def ask(self):
        self.send(b"?" + os.urandom(MESSAGE - 1))
        answer = b""
        while len(answer) < MESSAGE:
            readable(self.socket)
            data = self.socket.recv(MESSAGE - len(answer))
            if not data:
                sys.exit("pace: the connection ended early")
            answer += data
        seen, crc = struct.unpack("!QI", answer[:12])
        if (seen, crc) != (self.sent, self.crc):
            sys.exit(f"pace: sent {self.sent} bytes with CRC {self.crc}, arrived {seen} with CRC {crc}")

    def write_small(self, size):
        blocks = bytearray(os.urandom(size * 256))
        blocks[::MESSAGE] = b"-" * (len(blocks) // MESSAGE)
        for at in range(0, len(blocks), size):
            self.send(blocks[at:at + size])

    def stream(self):
        self.socket.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 1 << 30)
        self.write_small(MESSAGE)

    def free(self):
        self.write_small(MESSAGE)

    def nagle(self):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        for _ in range(64):
            self.write_small(16 * MESSAGE)
        self.ask()

    def pour(self):
        for _ in range(96):
            self.send(b"-" + bytes((1 << 16) - 1))

    def gust(self):
        self.pour()
        self.ask()


def main():
    role, *arguments = sys.argv[1:]
    os.nice(-15)  # what is decided follows from how the scheduler lets the two take turns, without other work between them
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cpus) if role == "sink-apart" else min(cpus)})
    if role != "source":
        sink(*arguments)
        return
    source = Source(int(arguments[0]))
    print("connected", flush=True)
    for phase in arguments[1:]:
        while not readable(LINE, 0):
            getattr(source, phase)()
        os.read(LINE, 1)
    print(f"sent {source.sent}", flush=True)


main()
