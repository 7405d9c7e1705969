"""What the conductor takes of a CPU, and how soon it enrols busy connections among many idle ones."""

import argparse
import threading
import time

from shuntdev import build, console
from shuntdev.console import say

from . import arms, sockets, tutorial
from .lab import Lab
from .sockets import SocketCell

_THREAD = "shunt-conductor"


def main():
    options = _options()
    build.ensure_built()
    sockets.build()
    tutorial.build()
    with Lab() as lab:
        _Measurement(lab, options).run()
    return 0


class _Measurement:
    def __init__(self, lab, options):
        self._lab = lab
        self._agent = lab.agent
        self._options = options
        self._loads = 0

    def run(self):
        o = self._options
        idle = self._open("request", o.idle)
        idle.slice(1000)
        self._tell_enrolment(f"{o.idle:,} connections, used once and then idle", 0, o.idle)
        with _Busy(self._open("request", o.busy)):
            self._tell_enrolment(f"{o.busy} busy ones beside them, right after that", o.idle, o.busy)
            self._tell_share(f"{o.idle:,} idle and {o.busy} busy connections")
        time.sleep(o.seconds)
        with _Busy(self._open("request", o.busy)):
            self._tell_enrolment(f"{o.busy} busy ones after {o.seconds} s without work", o.idle, o.busy)
            with _Busy(self._open("short", 4)):
                self._tell_share("the same, while others connect and close all the time")
        idle.close()

    def _open(self, work, connections):
        self._loads += 1  # a port for each
        return SocketCell(work, 64, "two", connections).open(self._lab, arms.SETTLED, self._loads)

    def _tell_enrolment(self, what, before, connections):
        """When half of them, nine in ten and all were accelerated."""
        before_cpu, began, found = self._agent.cpu_seconds_of(_THREAD), time.monotonic(), []
        for share in (0.5, 0.9, 1):
            wanted = before + share * connections
            while self._accelerated() < wanted and time.monotonic() - began < self._options.patience:
                time.sleep(0.1)
            if self._accelerated() >= wanted:
                found.append(f"{share:.0%} accelerated after {time.monotonic() - began:.1f} s")
        elapsed, spent = time.monotonic() - began, self._agent.cpu_seconds_of(_THREAD) - before_cpu
        rest = f"{self._accelerated() - before} of them when {self._options.patience} s were over" if len(found) < 3 else ""
        self._tell(f"{what}: {', '.join([*found, *([rest] if rest else [])])}; {100 * spent / elapsed:.2f} % of one CPU meanwhile")

    def _accelerated(self):
        return self._agent.counters().get(arms.SETTLED.policy, {}).get("accelerated_live", 0)

    def _tell_share(self, what):
        before, began = self._agent.cpu_seconds_of(_THREAD), time.monotonic()
        time.sleep(self._options.seconds)
        spent, elapsed = self._agent.cpu_seconds_of(_THREAD) - before, time.monotonic() - began
        self._tell(f"{what}: {100 * spent / elapsed:.2f} % of one CPU in {elapsed:.0f} s")

    @staticmethod
    def _tell(line):
        print(line, flush=True)


class _Busy:
    """Keeps a load at work until the end."""

    def __init__(self, load):
        self._load = load
        self._over = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._load.close()
        if self._failures:
            say(f"{self._failures} operations failed")

    def _work(self):
        while not self._over.is_set():
            self._failures += self._load.slice(500)["failures"]


def _options():
    parser = argparse.ArgumentParser(prog="bench/conductor", description=__doc__)
    parser.add_argument("--idle", type=int, default=10_000, metavar="N", help="idle connections; at most 10,000")
    parser.add_argument("--busy", type=int, default=200, metavar="N", help="connections with one request under way")
    parser.add_argument("--patience", type=int, default=120, metavar="N", help="seconds after which enrolment is not waited for any more")
    parser.add_argument("--seconds", type=int, default=30, metavar="N", help="how long each share is measured")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
