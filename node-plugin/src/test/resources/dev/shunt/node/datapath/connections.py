#!/usr/bin/env python3
"""Makes the real connections whose classification the tests read back from the kernel.

Reads one line of JSON per request and answers each with a line of numbers. Runs in a network namespace of its own (unshare --net), in which whole
networks are local, so that any address in them can be the end of a connection. Its argument is the cgroup to return to.

{"open": [{"client": A, "server": A, "port": N, "client_cgroup": DIR, "server_cgroup": DIR,
           "client_mapped": B, "server_mapped": B}, ...]}
    opens each connection and answers with the client's port of each; *_mapped uses an IPv6 socket for an IPv4 address.
    A socket has the cgroup of the process that made it, so this process moves to and fro.
{"burst": DIR, "count": N, "below": PATH}
    at once makes N cgroups DIR/pod0/PATH, DIR/pod1/PATH, ..., each with a process in it whose very first
    connection, to itself, is then open; answers with the client's port of each.
{"churn": [[CLIENT, SERVER, PORT], ...], "cgroup": DIR}
    opens and closes connections one after the other in one cgroup; answers with their number.
{"close": true}
    closes all of them and ends the processes of a burst.
"""
import json
import os
import socket
import subprocess
import sys

LOCAL = ("10.0.0.0/8", "fd00::/8")
MAPPED = "::ffff:"
IPV6_FREEBIND = 78  # linux/in6.h; a local route alone makes only IPv4 addresses bindable


def make_networks_local():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for network in LOCAL:
        subprocess.run(["ip", "route", "add", "local", network, "dev", "lo"], check=True)


def move(cgroup):
    with open(os.path.join(cgroup, "cgroup.procs"), "w") as procs:
        procs.write(str(os.getpid()))


def socket_at(address, port, mapped):
    v6 = mapped or ":" in address
    made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if v6:
        made.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    made.bind((MAPPED + address if mapped else address, port))
    return made


class Connections:
    def __init__(self):
        self.open_sockets = []
        self.children = []

    def open(self, wanted):
        listeners, clients = {}, {}
        cgroups = {c["client_cgroup"] for c in wanted} | {c["server_cgroup"] for c in wanted}
        for cgroup in sorted(cgroups):
            move(cgroup)
            for i, c in enumerate(wanted):
                if c["server_cgroup"] == cgroup:
                    listeners[i] = socket_at(c["server"], c["port"], c["server_mapped"])
                    listeners[i].listen(1)
                if c["client_cgroup"] == cgroup:
                    clients[i] = socket_at(c["client"], 0, c["client_mapped"])
        ports = []
        for i, c in enumerate(wanted):
            clients[i].connect((MAPPED + c["server"] if c["client_mapped"] else c["server"], c["port"]))
            self.open_sockets += [clients[i], listeners[i].accept()[0]]
            ports.append(clients[i].getsockname()[1])
        for listener in listeners.values():
            listener.close()
        return ports

    def burst(self, folder, count, below):
        start, release = os.pipe()
        end, self.alive = os.pipe()
        answers = []
        for i in range(count):
            answer, out = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(release)
                os.close(self.alive)
                os.close(1)  # or whoever reads our output would wait for the end of the burst
                os.read(start, 1)  # the end of the pipe: all at once
                self._first_connection(os.path.join(folder, f"pod{i}", below), out, end)
            os.close(out)
            self.children.append(child)
            answers.append(answer)
        for fd in (start, release, end):
            os.close(fd)
        return [int(os.read(answer, 16) or -1) for answer in answers]

    @staticmethod
    def _first_connection(cgroup, out, end):
        os.makedirs(cgroup)
        move(cgroup)
        listener = socket_at("127.0.0.1", 0, False)
        listener.listen(1)
        client = socket.create_connection(listener.getsockname())
        accepted = listener.accept()[0]
        os.write(out, str(client.getsockname()[1]).encode())
        os.read(end, 1)  # until the parent ends the burst, or ends itself
        accepted.close()
        os._exit(0)

    @staticmethod
    def churn(pairs, cgroup):
        move(cgroup)
        for client, server, port in pairs:
            listener = socket_at(server, port, False)
            listener.listen(1)
            active = socket_at(client, 0, False)
            active.connect((server, port))
            passive = listener.accept()[0]
            active.close()
            passive.close()
            listener.close()
        return [len(pairs)]

    def close(self):
        for one in self.open_sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            one.close()
        if self.children:
            os.close(self.alive)
        for child in self.children:
            os.waitpid(child, 0)
        self.open_sockets, self.children = [], []
        return []


def main():
    make_networks_local()
    connections = Connections()
    home = sys.argv[1]
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "open" in request:
            answer = connections.open(request["open"])
        elif "burst" in request:
            answer = connections.burst(request["burst"], request["count"], request["below"])
        elif "churn" in request:
            answer = connections.churn(request["churn"], request["cgroup"])
        else:
            answer = connections.close()
            move(home)
        print(*answer, flush=True)


main()
