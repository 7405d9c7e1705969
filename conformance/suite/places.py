"""Where the two ends of a connection are: network namespaces of our own, addresses, and how packets get from one to the other."""

import os
import subprocess
from dataclasses import dataclass

from shuntdev.console import Failure

_CLIENT = {"4": "10.73.0.1", "6": "fd73::1"}
_SERVER = {"4": "10.73.0.2", "6": "fd73::2"}
_REDIRECTED = {"4": "192.0.2.1", "6": "2001:db8::1"}  # addresses that nobody has (RFC 5737, RFC 3849)
_LOOPBACK = {"4": "127.0.0.1", "6": "::1"}


@dataclass(frozen=True)
class Place:
    """A route and an address family. `mapped`: the listener is on ::, the client connects by IPv4."""

    route: str
    family: str

    @property
    def name(self):
        return f"{self.route}-{self.family}"

    def ends(self, namespaces):
        """The address to connect to, the family to listen on, and the namespaces of client and server."""
        version = "6" if self.family == "ipv6" else "4"
        to = {"loopback": _LOOPBACK, "veth": _SERVER, "redirect": _REDIRECTED}[self.route][version]
        server = namespaces.far if self.route == "veth" else namespaces.near
        return to, "4" if self.family == "ipv4" else "6", namespaces.near, server


EVERY_PLACE = [Place(route, family) for route in ("loopback", "veth", "redirect") for family in ("ipv4", "ipv6", "mapped")]


class Namespaces:
    """Two network namespaces joined by a veth pair. They live as long as two idle processes of ours, so nothing is left behind
    if we are killed: a holder reads from a pipe and ends with us."""

    def __init__(self, runner):
        self._runner = runner
        self._holders = []

    def __enter__(self):
        for _ in range(2):
            holder = subprocess.Popen(
                [*self._runner, "unshare", "--net", "sh", "-c", "echo up; cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._holders.append(holder)
            if holder.stdout.readline() != b"up\n":
                raise Failure("no network namespace of our own", "unshare(CLONE_NEWNET) needs root")
        self.near, self.far = (f"/proc/{h.pid}/ns/net" for h in self._holders)
        self._furnish()
        return self

    def __exit__(self, *_):
        for holder in self._holders:
            holder.stdin.close()
            holder.wait(10)

    def set(self, name, value):
        """A sysctl, in both."""
        for holder in self._holders:
            self._in(holder.pid, "sysctl", "-qw", f"{name}={value}")

    def get(self, name):
        return self._in(self._holders[0].pid, "sysctl", "-n", name).strip()

    def _furnish(self):
        near, far = (h.pid for h in self._holders)
        for pid in (near, far):
            self._in(pid, "ip", "link", "set", "lo", "up")
            self._in(pid, "sysctl", "-qw", "net.ipv4.tcp_fastopen=3", "net.ipv4.tcp_max_syn_backlog=4096")
        self._in(near, "ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(far))
        for pid, link, own in ((near, "near", _CLIENT), (far, "far", _SERVER)):
            self._in(pid, "ip", "address", "add", own["4"] + "/24", "dev", link)
            self._in(pid, "ip", "address", "add", own["6"] + "/64", "dev", link, "nodad")
            self._in(pid, "ip", "link", "set", link, "up")
        for version, tables in (("4", "iptables"), ("6", "ip6tables")):
            self._in(near, "ip", f"-{version}", "route", "add", "default", "via", _SERVER[version])
            self._in(near, tables, "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", _REDIRECTED[version], "-j", "REDIRECT")

    @staticmethod
    def _in(pid, *argv):
        result = subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", *argv], capture_output=True, text=True)
        if result.returncode:
            raise Failure(f"{' '.join(argv)}: {result.stderr.strip()}")
        return result.stdout
