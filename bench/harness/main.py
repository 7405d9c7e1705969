"""The benchmark's command line."""

import argparse
import json
import re
from pathlib import Path

from shuntdev import build, console
from shuntdev.console import ROOT, Failure, say

from . import sockets, turns
from .lab import Lab

_RESULTS = ROOT / "target" / "bench.json"


def main():
    options = _options()
    cells = [c for c in sockets.cells() if re.search(options.only, c.name)]
    if options.list:
        print("\n".join(c.name for c in cells))
        return 0
    if not cells:
        raise Failure(f"no cell is named like '{options.only}'", "bench/run --list names them all")
    build.ensure_built()
    sockets.build()
    results = []
    with Lab() as lab:
        for at, cell in enumerate(cells, 1):
            results.append(turns.run(cell, lab, options.rounds, options.slice))
            say(f"{at}/{len(cells)} {cell.name}")
            print(_lines(results[-1]), flush=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    say(f"written: {options.json}")
    return int(any(a["failures"] for r in results for a in r["arms"].values()))


def _lines(result):
    lines = []
    for name, arm in result["arms"].items():
        main, cpu = arm["figures"][result["figure"]], arm["figures"].get("cpu_us_per_operation")
        line = f"    {name:10} {main['median']:>12,.1f} {result['figure'].replace('_per_', '/')}"
        if cpu:
            line += f"  {cpu['median']:>9.2f} µs CPU/op"
        if arm.get("ratios"):
            ratio, cost = arm["ratios"][result["figure"]], arm["ratios"].get("cpu_us_per_operation")
            line += f"   {ratio['median']:5.2f}× ({ratio['least']:.2f}-{ratio['most']:.2f})" if ratio else ""
            line += f"  CPU {cost['median']:.2f}×" if cost else ""
        if arm["failures"]:
            line += f"  {arm['failures']} FAILURES"
        if "datapath" in arm:
            d = arm["datapath"]
            line += f"  redirected {d['redirected_share']:.0%}"
            if d["redirected_share"] < 0.99:
                line += f" {d['reasons'] or ''} {d['fallbacks'] or ''}"
        lines.append(line)
    return "\n".join(lines)


def _options():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the cells and end")
    parser.add_argument("--only", default="", metavar="REGEX", help="only cells whose name matches")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slice", type=int, default=200, metavar="MS")
    parser.add_argument("--json", type=Path, default=_RESULTS, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
