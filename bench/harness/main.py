"""The benchmark's command line."""

import argparse
import re
import time
from pathlib import Path

from shuntdev import build, console
from shuntdev.console import ROOT, Failure, say

from . import arms, check, costs, gains, grpc, http, page, postgres, record, redis, sockets, targets, text, tutorial
from .lab import Lab
from .turns import ArmsCell

_RESULTS = ROOT / "target" / "bench.json"


def main():
    options = _options()
    if options.page:
        page.write(options.page, options.json)
        return 0
    if options.gains:
        gains.write(options.gains, options.json)
        return 0
    cells = [c for c in _every_cell() if re.search(options.only, c.name) and (c.short or not options.short)]
    if options.list:
        print("\n".join(c.name for c in cells))
        return 0
    if not cells:
        raise Failure(f"no cell is named like '{options.only}'", "bench/run --list names them all")
    build.ensure_built()
    sockets.build()
    tutorial.build()
    if options.check:
        with Lab(ArmsCell.cpu_percent) as lab:
            results = record.Record(ROOT / "target" / "bench-check.json")
            results.about(lab)
            check.run(lab, results)
        return 0
    rounds, pace = options.rounds or (3 if options.short else 5), options.pace or (0.5 if options.short else 1.0)
    results = record.Record(options.json)
    failures = 0
    suffix = f"@{options.congestion}" if options.congestion else ""
    with Lab(ArmsCell.cpu_percent, congestion=options.congestion) as lab:
        results.about(lab)
        if options.seconds:
            cells = results.oldest_first(cells, suffix)
        begun = time.monotonic()
        for at, cell in enumerate(cells, 1):
            started = time.monotonic()
            if options.seconds and started - begun > options.seconds:
                say(f"{options.seconds} s are over; {len(cells) - at + 1} cells are left for the next run")
                break
            lab.agent.share(cell.cpu_percent)
            result = cell.run(lab, rounds, pace, **_further(options)) if isinstance(cell, ArmsCell) else cell.run(lab, rounds, pace)
            result["cell"] += suffix
            results.add(result)
            failures += sum(arm["failures"] for arm in result.get("arms", {}).values())
            say(f"{at}/{len(cells)} {cell.name} ({time.monotonic() - started:.0f} s)")
            print(text.lines(result), flush=True)
    say(f"written: {options.json}")
    if failures:
        raise Failure(f"{failures} operations failed")
    return 0


def _further(options):
    return {"more": [arms.AGAIN] if options.again else [], "floor": None if options.short else targets.FLOOR}


def _every_cell():
    return [*sockets.cells(), *http.cells(), *grpc.cells(), *postgres.cells(), *redis.cells(), *costs.cells()]


def _options():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the cells and end")
    parser.add_argument("--only", default="", metavar="REGEX", help="only cells whose name matches")
    parser.add_argument("--short", action="store_true", help="the few cells that tell most, in about four minutes")
    parser.add_argument("--again", action="store_true", help="plain TCP twice in each cell, to show how far from 1.0 the machine alone throws a ratio")
    parser.add_argument("--congestion", metavar="NAME", help="TCP's congestion control, of those in net.ipv4.tcp_allowed_congestion_control; cells are then called CELL@NAME")
    parser.add_argument("--check", action="store_true", help="only whether Shunt's wins are still there, in about a minute")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the tables and charts of this page from the results, and end")
    parser.add_argument("--gains", type=Path, metavar="FILE", help="write what recommendations promise, gains.csv, from the results, and end")
    parser.add_argument("--rounds", type=int, metavar="N", help="5, or 3 with --short; up to five times as many where it is open whether a cell is below 0.97, but for --short")
    parser.add_argument("--pace", type=float, metavar="FACTOR", help="longer or shorter slices; 1, or 0.5 with --short")
    parser.add_argument("--seconds", type=int, metavar="N", help="begin no cell after that; those that were not measured at this commit come first")
    parser.add_argument("--json", type=Path, default=_RESULTS, metavar="FILE", help="results; cells that are in it already and not run now stay")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
