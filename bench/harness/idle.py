"""What Shunt costs those that it does not accelerate."""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from shuntdev import build, console

from . import arms, costs, sockets
from .lab import Lab
from .sockets import SocketCell

_SLICE_MS = 400
_CALM_SECONDS = 1  # a node plugin that has just started or stopped would share the CPU with the loads
_PROGRAMS = ("watch", "redirect", "reader", "sender")
_WORKS = (("request", "64 B requests"), ("stream", "64 B writes"), ("short", "short connections"))
_LOADS = (
    *((work, arms.PLAIN, False, what, "outside the watched cgroup") for work, what in _WORKS),
    *((work, arms.UNMATCHED, False, what, "watched, no policy matches") for work, what in _WORKS),
    *((work, arms.SETTLED, True, what, "matched, the server as if on another host") for work, what in _WORKS),
    ("short", arms.SETTLED, False, "short connections", "matched by a Settled policy at both ends"),
)
_FIGURE = "cpu_us_per_operation"


def main():
    options = _options()
    build.ensure_built()
    sockets.build()
    # The tutorial's programs would switch on for the whole machine what Shunt is measured for.
    with Lab(with_tutorial=False) as lab:
        _without_and_with(lab, options.rounds)
        _short_connections(lab)
    return 0


def _without_and_with(lab, rounds):
    """Pairs of slices next to each other in time: no Shunt at all, and Shunt with a live Settled policy that accelerates none of these."""
    with ExitStack() as stack:
        loads = {}
        for work, arm, elsewhere, what, where in _LOADS:
            load = SocketCell(work, 64, "same", server_elsewhere=elsewhere).open(lab, arm, len(loads))
            stack.callback(load.close)
            loads[what, where] = load
        for load in loads.values():
            load.slice(_SLICE_MS)
        ratios = {name: [] for name in loads}
        for turn in range(rounds):
            measured = {}
            for state in ("with", "without") if turn % 2 else ("without", "with"):
                lab.agent.stop() if state == "without" else lab.agent.start_again()
                time.sleep(_CALM_SECONDS)
                measured[state] = {name: load.slice(_SLICE_MS)[_FIGURE] for name, load in loads.items()}
            for name in loads:
                ratios[name].append(measured["with"][name] / measured["without"][name])
        lab.agent.start_again()
        for (what, where), found in ratios.items():
            print(f"{what}, {where}: {median(found):.3f}x CPU of a machine without Shunt ({min(found):.3f}-{max(found):.3f}, {rounds} pairs)", flush=True)
        for name, load in loads.items():
            _tell_runs(lab, load, *name)


def _short_connections(lab):
    """One request and its reply, at once closed: younger than the settle time."""
    with ExitStack() as stack:
        for index, arm in enumerate((arms.UNMATCHED, arms.SETTLED, arms.HANDSHAKE)):
            load = SocketCell("short", 64, "same").open(lab, arm, index)
            stack.callback(load.close)
            _tell_runs(lab, load, "short connections", arm.title)


def _tell_runs(lab, load, what, where):
    pins = {p: pin for p in _PROGRAMS if (pin := Path(lab.agent.pins) / f"shunt_{p}").exists()}
    with costs.counted_runs():
        before = {p: costs.run_time(pin) for p, pin in pins.items()}
        operations = load.slice(_SLICE_MS)["operations"]
        after = {p: costs.run_time(pin) for p, pin in pins.items()}
    parts = []
    for p in pins:
        ns, runs = (now - then for now, then in zip(after[p], before[p]))
        parts.append(f"{p} {runs / operations:.2f} runs" + (f" of {ns / runs:.0f} ns" if runs else ""))
    print(f"{what}, {where}, for each of {operations:,}: {', '.join(parts)}", flush=True)


def _options():
    parser = argparse.ArgumentParser(prog="bench/idle", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="pairs of slices")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
