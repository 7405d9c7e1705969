"""What Shunt costs, apart from what it saves: kernel memory, walks of the conductor, and time in its programs."""

import json
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import arms, figures
from .chain import inside
from .sockets import SocketCell
from .tracepoints import Tracepoints
from .turns import ArmsCell

_PAIRS_A_ROUND = 20
_OTHERS_SLICE_MS = 60
_PATCHED_SECONDS = 0.02  # the kernel patches its code where a tracepoint is switched on or off, and interrupts both CPUs for it
_STATS = Path("/proc/sys/kernel/bpf_stats_enabled")
# Reads the pinned iterator from within the namespace, as the node plugin does; microseconds for each read.
_WALK = """
import sys, time
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    with open(sys.argv[1], "rb") as walk:
        while walk.read(512):
            pass
    print((time.perf_counter() - start) * 1e6)
"""


class _Cost:
    """What these cells have in common: a figure of their own instead of arms that are compared."""

    kind = "cost"
    cpu_percent = ArmsCell.cpu_percent
    short = False

    def _result(self, what, unit, values):
        return {"cell": self.name, "kind": self.kind, "what": what, "unit": unit, "figures": figures.summary(values)}


@dataclass(frozen=True)
class MemoryCost(_Cost):
    arm: arms.Arm
    connections: int = 4000

    @property
    def name(self):
        return f"cost-memory-{self.arm.name}"

    def run(self, lab, rounds, _pace):
        cell = SocketCell("request", 64, "same", self.connections)
        plain = [self._bytes_with(cell, lab, arms.PLAIN) for _ in range(rounds)]
        accelerated = [self._bytes_with(cell, lab, self.arm) for _ in range(rounds)]
        return self._result(
            f"slab memory of an idle, accelerated connection (both ends) beyond a plain one's, {self.connections} of them",
            "bytes",
            [(a - p) / self.connections for a, p in zip(accelerated, plain)],
        )

    @staticmethod
    def _bytes_with(cell, lab, arm):
        before = _slab_bytes()
        load = cell.open(lab, arm, 0)
        try:
            load.warm_up(200)
            return _slab_bytes() - before
        finally:
            load.close()


@dataclass(frozen=True)
class WalkCost(_Cost):
    connections: int

    @property
    def name(self):
        return f"cost-walk-{self.connections}"

    def run(self, lab, rounds, _pace):
        load = SocketCell("request", 64, "same", self.connections).open(lab, arms.HANDSHAKE, 0) if self.connections else None
        try:
            argv = [sys.executable, "-c", _WALK, Path(lab.agent.pins) / "shunt_conductor_iter", 4 * rounds]
            out = subprocess.run(inside(lab.namespaces.near, argv), capture_output=True, text=True, check=True).stdout
        finally:
            if load:
                load.close()
        return self._result(
            f"one walk of the conductor through a namespace with {self.connections:,} accelerated connections",
            "µs",
            [float(line) for line in out.split()],
        )


@dataclass(frozen=True)
class ProgramCost(_Cost):
    program: str
    work: str
    what: str

    @property
    def name(self):
        return f"cost-program-{self.program}-{self.work}"

    def run(self, lab, rounds, _pace):
        pin = Path(lab.agent.pins) / f"shunt_{self.program}"
        load = SocketCell(self.work, 64, "same", 1 if self.work == "request" else 32).open(lab, arms.HANDSHAKE, 0)
        per_run = []
        try:
            load.warm_up(100)
            with counted_runs():
                for _ in range(rounds):
                    before = run_time(pin)
                    load.slice(300)
                    ns, runs = (now - then for now, then in zip(run_time(pin), before))
                    per_run.append(ns / runs)
        finally:
            load.close()
        return self._result(
            f"{self.what}, as kernel.bpf_stats_enabled counts it, which adds about 50 ns",
            "ns",
            per_run,
        )


@dataclass(frozen=True)
class OthersCost(_Cost):
    """Of all costs the one that those pay who have no policy: both states of the machine in turn, a moment apart, on the same connection."""

    work: str
    what: str

    @property
    def name(self):
        return f"cost-others-{self.work}"

    def run(self, lab, rounds, _pace):
        programs = [pin for p in ("reader", "sender") if (pin := Path(lab.agent.pins) / f"shunt_{p}").exists()]
        with closing(Tracepoints(programs)) as tracepoints:
            lab.agent.stop()
            try:
                load = SocketCell(self.work, 64, "same").open(lab, arms.PLAIN, 0)
                with closing(load):
                    load.warm_up(200)
                    ratios = [self._with(load, tracepoints, turn) for turn in range(_PAIRS_A_ROUND * rounds)]
            finally:
                lab.agent.start_again()
        return self._result(
            f"CPU of {self.what} by TCP, on a socket of no policy, while a `Settled` policy is live, beyond what it takes on a machine without Shunt",
            "%",
            [(ratio - 1) * 100 for ratio in ratios],
        )

    @staticmethod
    def _with(load, tracepoints, turn):
        """The ratio of one pair of slices; which of them comes first changes."""
        cpu = {}
        for attached in (False, True) if turn % 2 else (True, False):
            if attached:
                tracepoints.attach()
            time.sleep(_PATCHED_SECONDS)
            cpu[attached] = load.slice(_OTHERS_SLICE_MS)["cpu_us_per_operation"]
            tracepoints.detach()
        return cpu[True] / cpu[False]


@contextmanager
def counted_runs():
    """The kernel counts runs of BPF programs meanwhile, and how long they take, which adds about 50 ns to each."""
    enabled = _STATS.read_text()
    _STATS.write_text("1")
    try:
        yield
    finally:
        _STATS.write_text(enabled)


def run_time(pin):
    """Nanoseconds and runs of a pinned program so far."""
    out = subprocess.run(["bpftool", "--json", "prog", "show", "pinned", str(pin)], capture_output=True, text=True, check=True).stdout
    shown = json.loads(out)
    return shown.get("run_time_ns", 0), shown.get("run_cnt", 0)


def _slab_bytes():
    rows = (line.split() for line in Path("/proc/slabinfo").read_text().splitlines()[2:])
    return sum(int(row[1]) * int(row[3]) for row in rows)


def cells():
    return [
        MemoryCost(arms.SETTLED),
        MemoryCost(arms.HANDSHAKE),
        *(WalkCost(n) for n in (0, 1000, 8000)),
        ProgramCost("redirect", "request", "deciding about one message of 64 bytes"),
        ProgramCost("watch", "short", "one call of the watch while short connections open and close, classification included"),
        OthersCost("request", "a request of 64 bytes and its answer"),
        OthersCost("stream", "a write of 64 bytes"),
    ]
