"""A pair of programs in one: connections on which small requests are answered, for tests that need some traffic.

talker.py PORT   keeps a few connections open to itself, each for some seconds, until it is ended
"""

import random
import select
import socket
import sys
import time

CONNECTIONS = 3
LIFE_SECONDS = 4
PAUSE_SECONDS = 0.02
REQUEST, RESPONSE = b"x" * 120, b"y" * 900


class Pair:
    """Both ends of one connection, neither of which ever blocks."""

    def __init__(self, listener):
        self.client = socket.create_connection(listener.getsockname())
        self.server = listener.accept()[0]
        self.client.setblocking(False)
        self.server.setblocking(False)
        self.end = time.monotonic() + LIFE_SECONDS * random.uniform(0.5, 1.5)

    def exchange(self):
        for sender, receiver, message in (self.client, self.server, REQUEST), (self.server, self.client, RESPONSE):
            sender.send(message)
            missing = len(message)
            while missing:
                select.select([receiver], [], [])
                missing -= len(receiver.recv(65536))

    def close(self):
        self.client.close()
        self.server.close()


def main(port):
    listener = socket.create_server(("127.0.0.1", port))
    pairs = []
    while True:
        while len(pairs) < CONNECTIONS:
            pairs.append(Pair(listener))
        for pair in list(pairs):
            pair.exchange()
            if time.monotonic() > pair.end:
                pair.close()
                pairs.remove(pair)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]))
