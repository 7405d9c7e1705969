"""gains.csv: what a recommendation promises, from the results. One connection over loopback, Settled against plain TCP; a cell without a result keeps its line."""

import csv
import json
from pathlib import Path

from shuntdev.console import Failure, say

from .sockets import SocketCell

# The size that stands for each class of dev.shunt.policy.observe.SizeClass; PAGE was not measured for requests.
_REQUESTS = {"TINY": 64, "SMALL": 1 << 10, "MEDIUM": 16 << 10, "LARGE": 64 << 10, "HUGE": 256 << 10}
_STREAMS = {"TINY": 64, "SMALL": 1 << 10, "PAGE": 4 << 10, "MEDIUM": 16 << 10, "LARGE": 64 << 10, "HUGE": 256 << 10}
_CPUS = {"SAME": "same", "TWO": "two"}
_CELLS = {
    **{("REPLY", name, cpus): (SocketCell("request", size, of), "settled") for name, size in _REQUESTS.items() for cpus, of in _CPUS.items()},
    **{("STREAM", name, cpus): (SocketCell("stream", size, of), "settled") for name, size in _STREAMS.items() for cpus, of in _CPUS.items()},
    # Settled lets short connections be.
    **{("CONNECT", "TINY", cpus): (SocketCell("short", 64, of), "handshake") for cpus, of in _CPUS.items()},
}


def write(path, record):
    content = json.loads(Path(record).read_text())
    lines = Path(path).read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    columns, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    known = {tuple(row[:3]): row for row in rows}
    measured = {key: row for key, row in ((key, _row(key, content, *_CELLS[key])) for key in _CELLS) if row}
    if not measured:
        raise Failure(f"{record} has no result of {len(_CELLS)} cells that gains.csv takes", "bench/run --only '^(request|stream|short)-[^-]+-(same|two)-1-loopback$' measures them")
    known.update(measured)
    order = [key for key in _CELLS if key in known] + [key for key in known if key not in _CELLS]
    text = [*head, ",".join(columns), *(f'{",".join(known[key][:4])},"{known[key][4]}"' for key in order)]
    Path(path).write_text("\n".join(text) + "\n")
    say(f"{len(measured)} of {len(order)} lines are from {record}; the others stand as they were")


def _row(key, content, cell, arm):
    result = content["cells"].get(cell.name)
    measured = result["arms"].get(arm, {}) if result else {}
    ratio = measured.get("ratios", {}).get(cell.figure)
    # An arm that failed, or whose connection was never enrolled, says nothing of an accelerated one. Short ones may be left alone, and that is their speed.
    if not ratio or "error" in measured or (cell.work != "short" and not measured["datapath"]["redirected_bytes"]):
        return None
    commit = content["environments"][result["environment"]]["commit"]
    spread = f'{ratio["least"]:.2f} to {ratio["most"]:.2f}'
    return [*key, f'{ratio["median"]:.2f}', f"bench/run {cell.name}, {arm}, commit {commit}: {spread} in its rounds"]
