"""Cells on bare sockets: bench/load, one pair of processes for each arm."""

import json
import subprocess
import time
from dataclasses import dataclass

from shuntdev.console import ROOT, Failure

from . import arms
from .sizes import size_text
from .turns import DEFAULT_CPU_PERCENT, ArmsCell

_SOURCES = ROOT / "bench" / "load"
_PROGRAM = ROOT / "target" / "bench" / "load"
_SETTLE_SECONDS = 6
_STANDS_STILL_MS = 750  # of running, in which no connection came in or went out: longer than it takes to see that TCP is faster for one, or to begin a trial, and to let it go
_PORTS = 2000  # below what clients are given


@dataclass(frozen=True)
class SocketCell(ArmsCell):
    work: str         # request, stream or short
    size: int
    cpus: str         # same, two
    connections: int = 1
    route: str = "loopback"
    blocking: bool = False
    nagle: bool = False  # without TCP_NODELAY
    unmatched: bool = False  # what Shunt costs those that no policy matches
    server_elsewhere: bool = False  # in a cgroup that Shunt does not watch: to it, on another host

    kind = "sockets"
    slice_ms = 150

    @property
    def name(self):
        sort = ("-blocking" if self.blocking else "") + ("-nagle" if self.nagle else "")
        return f"{'unmatched-' if self.unmatched else ''}{self.work}{sort}-{size_text(self.size)}-{self.cpus}-{self.connections}-{self.route}"

    @property
    def cpu_percent(self):
        return DEFAULT_CPU_PERCENT if self.work == "short" else ArmsCell.cpu_percent

    @property
    def figure(self):
        """What is compared first."""
        return "mib_per_s" if self.work == "stream" else "operations_per_s"

    @property
    def anew(self):
        """Whether TCP ever let its receiver's buffer grow decides a stream's speed for as long as it lives: a ratio to one connection would be that one's luck."""
        return self.work == "stream" and self.connections == 1

    @property
    def short(self):
        return not self.unmatched and self.route == "loopback" and (self.work, self.size, self.connections, self.blocking) in _SHORT

    @property
    def arms(self):
        if self.unmatched:
            return arms.PLAIN, arms.UNMATCHED
        return (arms.PLAIN, arms.SETTLED, arms.HANDSHAKE) + ((arms.TUTORIAL, arms.UNIX) if self.route == "loopback" else ())

    def open(self, lab, arm, index):
        return _Load(self, lab, arm, _PORTS + index)


def build():
    _PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    sources = sorted(_SOURCES.glob("*.c"))
    if _PROGRAM.exists() and all(s.stat().st_mtime < _PROGRAM.stat().st_mtime for s in _SOURCES.iterdir()):
        return
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(_PROGRAM), *map(str, sources)], check=True)


def until_decided(run, look, connections, ms):
    """Runs slices until the datapath has decided about every connection, and has let go those for which TCP is faster; what it has not decided by then stays as it is.

    look: how many connections are accelerated, and how many go by TCP for a reason.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    while sum(look()) < connections and time.monotonic() < deadline:
        run()
    seen, still = look(), 0
    while still < _STANDS_STILL_MS and time.monotonic() < deadline:
        run()
        before, seen = seen, look()
        still = still + ms if seen == before else 0


class _Load:
    """One arm of a cell while it is open."""

    def __init__(self, cell, lab, arm, port):
        self._cell = cell
        self._lab = lab
        self._arm = arm
        client_net, server_net = lab.namespaces.near, lab.namespaces.far if cell.route == "veth" else lab.namespaces.near
        address = {"loopback": "127.0.0.1", "veth": "10.73.0.2", "redirect": "192.0.2.1"}[cell.route]
        client_cpu, server_cpu = (0, 1) if cell.cpus == "two" else (1, 1)
        argv = [_PROGRAM, cell.work, cell.size, "-n", cell.connections, "-c", client_cpu, "-s", server_cpu]
        if arm is arms.UNIX:
            address, port = f"{lab.folder.name}-{cell.name}", 0
        argv += ["-a", address, "-p", port, "-C", client_net, "-S", server_net] + (["-b"] if cell.blocking else []) + (["-N"] if cell.nagle else [])
        if cell.server_elsewhere:
            argv += ["-G", lab.cgroups[arms.PLAIN.name].folder / "cgroup.procs"]
        self._bypassed_before = _bypassed(self._counters()) if arm.policy else 0
        self._log = lab.folder / f"load-{arm.name}.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                lab.cgroups[arm.name].inside(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        if self._process.stdout.readline() != "ready\n":
            self._failed()

    def warm_up(self, ms):
        self.slice(ms)
        if self._arm.policy and self._cell.work != "short":
            until_decided(lambda: self.slice(ms), self._look, self._cell.connections, ms)
        self.slice(ms)

    def _look(self):
        """One that came in and left within a slice is seen by its reason only."""
        counters = self._counters()
        return counters.get("accelerated_live", 0), _bypassed(counters) - self._bypassed_before

    def _counters(self):
        return self._lab.agent.counters().get(self._arm.policy, {})

    def slice(self, ms):
        try:
            self._process.stdin.write(f"run {ms}\n")
            self._process.stdin.flush()
            r = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            self._failed()
        operations, mib = r["operations"], r["bytes"] / (1 << 20)
        cpu_us = r["client_cpu_us"] + r["server_cpu_us"]
        figures = {"failures": r["failures"], "bytes": r["bytes"], "operations": operations, "seconds": r["seconds"]}
        if operations:
            figures["cpu_us_per_operation"] = cpu_us / operations
            figures["cpu_us_per_mib"] = cpu_us / mib
            figures["client_sleeps_per_operation"] = r["client_sleeps"] / operations
        figures["operations_per_s"] = operations / r["seconds"]
        figures["mib_per_s"] = mib / r["seconds"]
        if self._cell.work != "stream":
            figures |= {"p50_us": r["p50_us"], "p99_us": r["p99_us"]}
        return figures

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _failed(self):
        self._process.kill()
        code = self._process.wait()
        raise Failure(f"{self._cell.name}, {self._arm.name}: the load ended with {code}: {self._log.read_text().strip()}")


def _bypassed(counters):
    return sum(n for reason, n in counters.get("reasons", {}).items() if reason != "accelerated")


_SHORT = {
    ("request", 64, 1, False), ("request", 64, 1, True), ("request", 16 << 10, 32, False),
    ("stream", 64, 1, False), ("stream", 4 << 10, 1, False), ("stream", 64 << 10, 1, False), ("short", 64, 1, False),
}
REQUEST_SIZES = (1, 64, 1 << 10, 16 << 10, 64 << 10, 256 << 10)
NAGLE_SIZES = (64, 1 << 10, 4 << 10, 16 << 10, 64 << 10)
STREAM_SIZES = (64, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20)


def cells():
    found = []
    for route in ("loopback", "veth", "redirect"):
        for cpus in ("same", "two"):
            for n in (1, 32, 500):
                found += [SocketCell("request", size, cpus, n, route) for size in REQUEST_SIZES]
                found += [SocketCell("stream", size, cpus, n, route) for size in STREAM_SIZES]
                found += [SocketCell("short", 64, cpus, n, route)]
            found += [SocketCell("request", size, cpus, 1, route, blocking=True) for size in REQUEST_SIZES]
            found += [SocketCell("stream", size, cpus, 1, route, blocking=True) for size in STREAM_SIZES]
    for cpus in ("same", "two"):
        found += [SocketCell("stream", size, cpus, nagle=True) for size in NAGLE_SIZES]
        found += [SocketCell(work, 64, cpus, unmatched=True) for work in ("request", "stream", "short")]
    return found
