#!/usr/bin/env python3
"""Does with its sockets what the test says, one line at a time, and answers each line with "ok ..." or "error ...".

An end of connection NAME is NAME.client or NAME.server. What NAME.client sends is a stream of bytes that follows from its name, so the reader of the other
end, in this process or another, checks every byte. Non-blocking sockets are waited for with poll, blocking ones are read and written as blocking programs do.
"""
import ctypes
import errno
import fcntl
import hashlib
import mmap
import os
import queue
import select
import shlex
import socket
import struct
import sys
import threading
import time

PATIENCE_SECONDS = 30
LOOK_MS = 5
LOOKS = PATIENCE_SECONDS * 1000 // LOOK_MS
BLOCK = 1 << 20
# include/uapi/linux/userfaultfd.h
SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282}[os.uname().machine]
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xC018AA3F, 0xC020AA00, 0xC020AA04
# include/uapi/asm-generic/socket.h
SO_TIMESTAMPING = 37
# include/uapi/linux/tcp.h
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_REPAIR_OFF = 19, 20, 21, -1  # off, and no window probe


class Stream:
    """The bytes that one end sends."""

    def __init__(self, name):
        self.block = hashlib.shake_128(name.encode()).digest(BLOCK)
        self.at = 0

    def look(self, count):
        at, found = self.at % BLOCK, b""
        while len(found) < count:
            found += self.block[at : at + count - len(found)]
            at = 0
        return found


class MissingPage:
    """Memory whose first use waits until it is told to be there: userfaultfd(2)."""

    def __init__(self):
        self.memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.range = struct.pack("QQ", ctypes.addressof(ctypes.c_char.from_buffer(self.memory)), mmap.PAGESIZE)
        self.fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_USERFAULTFD, os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "userfaultfd")
        fcntl.ioctl(self.fd, UFFDIO_API, struct.pack("QQQ", 0xAA, 0, 0))
        fcntl.ioctl(self.fd, UFFDIO_REGISTER, self.range + struct.pack("QQ", 1, 0))  # missing pages

    def wait_until_used(self):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(PATIENCE_SECONDS * 1000):
            raise TimeoutError("nobody uses the page")

    def come(self):
        fcntl.ioctl(self.fd, UFFDIO_ZEROPAGE, self.range + struct.pack("Qq", 0, 0))


class End:
    def __init__(self, name, sock):
        connection, side = name.split(".")
        self.socket = sock
        self.sends = Stream(name)
        self.receives = Stream(connection + (".server" if side == "client" else ".client"))

    def wait(self, events, since=None):
        if since and time.monotonic() - since > PATIENCE_SECONDS:
            raise TimeoutError("ready, yet nothing comes or goes")
        poll = select.poll()
        poll.register(self.socket, events)
        if not poll.poll(PATIENCE_SECONDS * 1000):
            raise TimeoutError(f"nothing for {PATIENCE_SECONDS} seconds")

    def send(self, count, flags=0):
        left, since = count, time.monotonic()
        while left:
            if not self.socket.getblocking():
                self.wait(select.POLLOUT, since)
            try:
                sent = self.socket.send(self.sends.look(min(left, BLOCK)), flags)
            except BlockingIOError:
                if self.socket.getblocking():
                    raise
                continue
            self.sends.at += sent
            left -= sent

    def check(self, data):
        expected = self.receives.look(len(data))
        if data != expected:
            wrong = next(i for i, (a, b) in enumerate(zip(data, expected)) if a != b)
            raise ValueError(f"wrong byte {self.receives.at + wrong}")
        self.receives.at += len(data)

    def receive(self, count, flags=0):
        left, since = count, time.monotonic()
        while left:
            if not self.socket.getblocking():
                self.wait(select.POLLIN, since)
            try:
                data = self.socket.recv(min(left, BLOCK), flags)
            except BlockingIOError:
                if self.socket.getblocking():
                    raise
                continue
            if not data:
                raise EOFError(f"the stream ended {left} bytes early")
            self.check(data)
            left -= len(data)


class Puppet:
    def __init__(self):
        self.ends, self.listeners, self.threads, self.duplicates = {}, {}, {}, []
        self.pages = queue.Queue()  # of threads that will use one

    def listen(self, name, address, port, *options):
        listener = self._socket(address, options)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._options(listener, options)
        listener.bind((address, int(port)))
        listener.listen(4096)
        self.listeners[name] = listener

    def unlisten(self, name):
        """Who was accepted stays."""
        self.listeners.pop(name).close()

    def connect(self, name, address, port, *options):
        sock = self._socket(address, options)
        self._options(sock, options)
        if sock.connect_ex((address, int(port))) == errno.EINPROGRESS:
            poll = select.poll()
            poll.register(sock, select.POLLOUT)
            poll.poll(PATIENCE_SECONDS * 1000)
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
        self.ends[name + ".client"] = End(name + ".client", sock)

    def _socket(self, address, options):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_MPTCP if "mptcp" in options else 0)

    def fastopen(self, name, address, port, count, *options):
        """Connects with data in the SYN."""
        sock = self._socket(address, options)
        end = End(name + ".client", sock)
        end.sends.at += sock.sendto(end.sends.look(int(count)), socket.MSG_FASTOPEN, (address, int(port)))
        self._options(sock, options)
        self.ends[name + ".client"] = end

    def accept(self, name, listener, *options):
        waiting = self.listeners[listener]
        poll = select.poll()
        poll.register(waiting, select.POLLIN)
        if not poll.poll(PATIENCE_SECONDS * 1000):
            raise TimeoutError("nobody connected")
        sock = waiting.accept()[0]
        sock.setblocking(True)
        self._options(sock, options)
        self.ends[name + ".server"] = End(name + ".server", sock)

    def set(self, name, *options):
        self._options(self.ends[name].socket, options)

    def _options(self, sock, options):
        """polling, blocking, mptcp (of a new socket), or LEVEL:NAME=VALUE by the numbers of setsockopt(2)."""
        for option in options:
            if option in ("polling", "blocking"):
                sock.setblocking(option == "blocking")
            elif option != "mptcp":
                what, value = option.split("=")
                level, number = what.split(":")
                sock.setsockopt(int(level), int(number), int(value) if value.isdigit() else value.encode())

    def send(self, name, count, flags="0"):
        self.ends[name].send(int(count), int(flags))

    def stream(self, name, count, size):
        """So many bytes in messages of this size, one after the other; waits only where there is no room."""
        end, left = self.ends[name], int(count)
        while left:
            try:
                sent = end.socket.send(end.sends.look(min(left, int(size))))
            except BlockingIOError:
                end.wait(select.POLLOUT)
                continue
            end.sends.at += sent
            left -= sent

    def receive(self, name, count, flags="0"):
        self.ends[name].receive(int(count), int(flags))

    def discard(self, name, count):
        """Receives without looking at it."""
        end = self.ends[name]
        end.wait(select.POLLIN)
        end.receives.at += len(end.socket.recv(int(count), socket.MSG_TRUNC))

    def ask(self, name):
        """Asks for no byte at all, once there are some."""
        end = self.ends[name]
        end.wait(select.POLLIN)
        if ctypes.CDLL(None).recv(end.socket.fileno(), None, 0, 0):  # Python's own recv does not ask the kernel then
            raise OSError("recv")

    def map(self, name):
        """As TCP_ZEROCOPY_RECEIVE needs it."""
        self.mapped = mmap.mmap(self.ends[name].socket.fileno(), mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ)

    def unmap(self):
        self.mapped.close()

    def send_with_control(self, name, count):
        """With a message to the kernel beside it, which asks for nothing."""
        end = self.ends[name]
        control = [(socket.SOL_SOCKET, SO_TIMESTAMPING, struct.pack("I", 0))]
        end.sends.at += end.socket.sendmsg([end.sends.look(int(count))], control)

    def receive_slowly(self, name, count):
        """Once, of a blocking socket; the call holds the socket's lock until page_comes."""
        end = self.ends[name]
        page = MissingPage()
        self.pages.put(page)
        got = end.socket.recv_into(page.memory, int(count))
        end.check(page.memory[:got])

    def send_slowly(self, name, count):
        """Zeros, of a blocking socket; the call holds the socket's lock until page_comes."""
        page = MissingPage()
        self.pages.put(page)
        self.ends[name].socket.send(memoryview(page.memory)[: int(count)])

    def duplicate(self, name):
        """A second descriptor, of which nobody knows who else has it."""
        self.duplicates.append(self.ends[name].socket.dup())

    def page_is_used(self):
        self.page = self.pages.get(timeout=PATIENCE_SECONDS)
        self.page.wait_until_used()

    def page_comes(self):
        self.page.come()

    def trade(self, name, times, count, *begins):
        """Messages of so many bytes, in turns with the other end, which does the same; one of the two begins."""
        end = self.ends[name]
        if begins:
            end.send(int(count))
        for turn in range(int(times)):
            end.receive(int(count))
            if turn + 1 < int(times) or not begins:
                end.send(int(count))

    def cpu(self, number):
        """Runs there from now on, threads that are started later as well, and before other work: how long turns take is looked at."""
        os.nice(-15)
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[int(number)]})

    def window_clamp(self, name, clamp):
        self.ends[name].socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, int(clamp))

    def window_clamp_is(self, name, least, most):
        """What TCP's window may be at most, in bytes."""
        clamp = self.ends[name].socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP)
        if not int(least) <= clamp <= int(most):
            raise ValueError(f"TCP_WINDOW_CLAMP is {clamp}")

    def start(self, name, what, *arguments):
        """Runs a command on a thread of its own; finish NAME waits for it."""
        answer = []
        thread = threading.Thread(target=lambda: answer.append(self.obey([what, *arguments])), daemon=True)
        self.threads[name] = thread, answer
        thread.start()

    def asleep(self, name, state, where):
        """Waits until a thread of start sleeps in a function of the kernel with this in its name; state S, or D: where no signal wakes it, as on a socket's lock."""
        tid = self.threads[name][0].native_id
        poll = select.poll()
        for _ in range(LOOKS):
            with open(f"/proc/self/task/{tid}/stat") as stat, open(f"/proc/self/task/{tid}/wchan") as wchan:
                if stat.read().rpartition(")")[2].split()[0] == state and where in wchan.read():
                    return
            poll.poll(LOOK_MS)
        raise TimeoutError("the thread did not go to sleep")

    def one_ends(self, *names):
        """Waits until one of these threads has ended."""
        poll = select.poll()
        for _ in range(LOOKS):
            if not all(self.threads[name][0].is_alive() for name in names):
                return
            poll.poll(LOOK_MS)
        raise TimeoutError("all of them go on")

    def finish(self, name):
        thread, answer = self.threads.pop(name)
        thread.join(PATIENCE_SECONDS)
        if not answer:
            raise TimeoutError(f"{name} has not ended")
        if not answer[0].startswith("ok"):
            raise RuntimeError(answer[0])

    def eof(self, name):
        end = self.ends[name]
        if not end.socket.getblocking():
            end.wait(select.POLLIN)
        data = end.socket.recv(1)
        if data:
            raise ValueError("expected the end of the stream, found data")

    def splice(self, name, count):
        """Receives as HAProxy and Go do: from the socket into a pipe, by the kernel."""
        end, left, since = self.ends[name], int(count), time.monotonic()
        reader, writer = os.pipe()
        try:
            while left:
                end.wait(select.POLLIN, since)
                try:
                    moved = os.splice(end.socket.fileno(), writer, min(left, 65536), flags=os.SPLICE_F_NONBLOCK)
                except BlockingIOError:
                    continue
                if not moved:
                    raise EOFError(f"the stream ended {left} bytes early")
                end.check(os.read(reader, moved))
                left -= moved
        finally:
            os.close(reader)
            os.close(writer)

    def precede(self, address, port, client_port, client_seq, server_seq):
        """
        Has a connection that ends so that the next one of the same ports chooses its server's initial sequence number after this one's: server_seq + 65538
        (tcp_timewait_state_process()). TCP_REPAIR makes a connection with chosen numbers and without a handshake.
        """
        ends = []
        for own, other, own_seq, other_seq in ((port, client_port, server_seq, client_seq), (client_port, port, client_seq, server_seq)):
            sock = socket.socket()
            self._repair(sock, send=int(own_seq), receive=int(other_seq))
            sock.bind((address, int(own)))
            sock.connect((address, int(other)))
            ends.append(sock)
        for sock in ends:
            self._repaired(sock)
        server, client = ends
        server.close()  # first, so that it is the server's end that waits
        if client.recv(1):
            raise ValueError("expected the end of the stream, found data")
        client.close()

    def _repair(self, sock, **numbers):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        for queue, seq in numbers.items():
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, {"receive": 1, "send": 2}[queue])
            sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, seq)

    def _repaired(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # which TCP_REPAIR_OFF takes away

    def forge_retransmission(self, name, old, new, *ends):
        """Sends a segment in this end's place, of bytes that it has sent and bytes that it will send next, both by TCP, without timestamps; it may end the stream."""
        end = self.ends[name]
        sock, count = end.socket, int(old) + int(new)
        self._repair(sock)
        seq, ack = (self._queue_seq(sock, queue) for queue in (2, 1))
        self._repaired(sock)
        end.sends.at -= int(old)
        data = end.sends.look(count)
        end.sends.at += int(old)
        source, target = sock.getsockname(), sock.getpeername()
        header = struct.pack("!HHIIBBHHH", source[1], target[1], (seq - int(old)) % 2**32, ack, 5 << 4, 0x19 if ends else 0x18, 512, 0, 0)
        pseudo = socket.inet_aton(source[0]) + socket.inet_aton(target[0]) + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(header) + count)
        words = pseudo + header + data + b"\0" * (count % 2)
        total = sum(struct.unpack(f"!{len(words) // 2}H", words))
        total = (total >> 16) + (total & 0xFFFF)
        total = ~(total + (total >> 16)) & 0xFFFF
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
            raw.sendto(header[:16] + struct.pack("!H", total) + header[18:] + data, (target[0], 0))

    def _queue_seq(self, sock, queue):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        return sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ) % 2**32

    def follow(self, name, address, port, client_port, seq, *options):
        """Connects with a chosen initial sequence number."""
        sock = socket.socket()
        self._repair(sock, send=int(seq))
        self._repaired(sock)
        sock.bind((address, int(client_port)))
        sock.connect((address, int(port)))
        self._options(sock, options)
        self.ends[name + ".client"] = End(name + ".client", sock)

    def shutdown(self, name, how):
        self.ends[name].socket.shutdown(int(how))

    def disconnect(self, name):
        """connect(2) with AF_UNSPEC: the socket can be connected anew."""
        end = self.ends.pop(name)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.connect(end.socket.fileno(), bytes(16), 16):
            raise OSError(ctypes.get_errno(), "connect")
        self.listeners[name] = end.socket

    def reconnect(self, name, once, address, port):
        sock = self.listeners.pop(once)
        if sock.connect_ex((address, int(port))) not in (0, errno.EINPROGRESS):
            raise OSError("connect")
        self.ends[name + ".client"] = End(name + ".client", sock)
        self.ends[name + ".client"].wait(select.POLLOUT)

    def close(self, name, *how):
        end = self.ends.pop(name)
        if how == ("reset",):
            end.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        end.socket.close()

    def pause(self, seconds):
        """Lets that much time pass: only for what is defined by time, like the settle time."""
        select.select([], [], [], float(seconds))

    def walk(self, *iterators):
        """A visit of every socket of this network namespace, which reading a pinned iterator is; answers how often it waited for one to be quiet."""
        waits = 0
        for iterator in iterators:
            with open(iterator, "rb", buffering=0) as walk:
                while (told := walk.read(4096)) != b"":
                    waits += told is None  # EAGAIN
        return waits

    def obey(self, words):
        try:
            answer = getattr(self, words[0])(*words[1:])
            return "ok" if answer is None else f"ok {answer}"
        except Exception as error:  # told to the test, which fails with it
            return f"error {' '.join(words)}: {type(error).__name__}: {error}"


def main():
    puppet = Puppet()
    print("puppet ready", flush=True)
    for line in sys.stdin:
        print(puppet.obey(shlex.split(line)), flush=True)


main()
