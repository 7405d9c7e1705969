"""The tables of docs/benchmarks.md, between two markers; the rest of that page is written by hand."""

import json
from collections import defaultdict
from pathlib import Path

from shuntdev.console import Failure

from . import charts, sockets
from .sizes import size_text
from .targets import FLOOR, TARGETS

_BEGIN, _END = "<!-- results: begin -->", "<!-- results: end -->"
_ARMS = ("settled", "handshake")
_FIGURES = {
    "operations_per_s": "operations/s",
    "mib_per_s": "MiB/s",
    "cpu_us_per_operation": "CPU per operation",
    "p50_us": "p50",
    "p99_us": "p99",
}


def write(path, record):
    content = json.loads(Path(record).read_text())
    cells = content["cells"]
    page = Path(path).read_text()
    if page.count(_BEGIN) != 1 or page.count(_END) != 1:
        raise Failure(f"{path} must hold {_BEGIN} and {_END} once each")
    drawn = charts.write(Path(path).with_suffix(""), cells)
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    parts = [_where(content), _targets(cells), _below(cells), _again(cells), *(f"![{title}]({name})\n" for name, title in drawn)]
    parts += [_pivot(cells, route) for route in ("loopback", "veth", "redirect")]
    parts += [_gathering(cells), _blocking(cells), _others(cells), _limits(cells), _costs(cells)]
    Path(path).write_text(before + _BEGIN + "\n" + "\n".join(p for p in parts if p) + _END + after)


def _where(content):
    used = {cell["environment"] for cell in content["cells"].values()}
    environments = [content["environments"][i] for i in sorted(used)]
    commits = defaultdict(int)
    for cell in content["cells"].values():
        commits[content["environments"][cell["environment"]]["commit"]] += 1
    last = environments[-1]
    at = sorted(cell["at"] for cell in content["cells"].values())
    lines = [f"Linux {last['kernel']}, {last['cpus']} CPUs ({last['cpu']}), {last['memory_mib'] / 1024:.0f} GiB, a virtual machine; {at[0][:16]} to {at[-1][:16]} UTC."]
    own = {e["congestion"] for name, cell in content["cells"].items() if "@" not in name and "congestion" in (e := content["environments"][cell["environment"]])}
    if own:
        lines.append(f"TCP's congestion control: {', '.join(sorted(own))}.")
    lines += [f"Cells by commit: {', '.join(f'{commit} {count}' for commit, count in commits.items())}."]
    lines += ["Programs: " + "; ".join(version for version in last["versions"].values() if version) + ".", ""]
    return "\n".join(lines)


def _targets(cells):
    lines = ["### Targets", "", "| cell | figure | target | Settled | Handshake | tutorial |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for target in TARGETS:
        if target.cell in cells:
            shown = [_judged(cells[target.cell], arm, target) for arm in (*_ARMS, "tutorial")]
            lines.append(f"| {target.cell} | {_FIGURES[target.figure]} | {target.text} | {' | '.join(shown)} |")
    return "\n".join([*lines, ""])


def _judged(cell, arm, target):
    ratio = _ratio(cell, arm, target.figure)
    if not ratio:
        return "–"
    text = f"{ratio['median']:.2f}×"
    return text if target.met(ratio["median"]) else f"**{text}**"


def _below(cells):
    rows = []
    for name, cell in cells.items():
        for arm in _ARMS:
            ratio = _ratio(cell, arm, cell.get("figure"))
            found = cell.get("arms", {}).get(arm, {})
            if "error" in found:
                rows.append((0.0, f"| {name} | {arm} | failed | | | | {found['error'].splitlines()[0]} |"))
            elif ratio and ratio["median"] < FLOOR:
                cpu = _ratio(cell, arm, "cpu_us_per_operation")
                shown = f"{ratio['least']:.2f}–{ratio['most']:.2f}"
                rows.append((ratio["median"], f"| {name} | {arm} | {ratio['median']:.2f}× | {shown} | {cell.get('rounds', '')} | {cpu['median']:.2f}× | {_why(found['datapath'])} |"))
    total = sum(1 for cell in cells.values() for arm in _ARMS if _ratio(cell, arm, cell.get("figure")))
    lines = [f"### Below {FLOOR}×", "", f"{len(rows)} of {total} pairs of a cell and an enrolment."]
    if rows:
        lines += ["", "| cell | arm | ratio | spread | rounds | CPU | redirected, and why not |", "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
        lines += [row for _, row in sorted(rows)]
    return "\n".join([*lines, ""])


def _again(cells):
    """Where plain TCP ran twice."""
    found = {name: r for name, cell in cells.items() if (r := _ratio(cell, "again", cell.get("figure")))}
    if not found:
        return ""
    medians = sorted(r["median"] for r in found.values())
    lines = ["### Plain TCP against itself", ""]
    lines += [f"A second plain arm, in these {len(found)} cells: its medians lie between {medians[0]:.2f}× and {medians[-1]:.2f}×, which is what a ratio is worth there.", ""]
    lines += ["| cell | TCP again | spread | Settled / Handshake |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {name} | {r['median']:.2f}× | {r['least']:.2f}–{r['most']:.2f} | {_both(cells[name])} |" for name, r in found.items()]
    return "\n".join([*lines, ""])


def _why(datapath):
    text = f"{datapath['redirected_share']:.0%}"
    counts = [f"{reason} {count}" for name in ("reasons", "fallbacks") for reason, count in sorted(datapath[name].items())]
    return f"{text}; {', '.join(counts)}" if counts else text


def _ratio(cell, arm, figure):
    return cell.get("arms", {}).get(arm, {}).get("ratios", {}).get(figure)


def _both(cell, figure=None):
    """Settled / Handshake; what is below the floor stands out."""
    if not cell:
        return ""
    shown = []
    for arm in _ARMS:
        ratio = _ratio(cell, arm, figure or cell["figure"])
        if "error" in cell["arms"].get(arm, {}):
            shown.append("**failed**")
        else:
            shown.append("–" if not ratio else f"{ratio['median']:.2f}" if figure or ratio["median"] >= FLOOR else f"**{ratio['median']:.2f}**")
    return " / ".join(shown)


def _pivot(cells, route):
    columns = [(cpus, n) for cpus in ("same", "two") for n in (1, 32, 500)]
    head = " | ".join(f"{'one CPU' if cpus == 'same' else 'two CPUs'}, {n}" for cpus, n in columns)
    lines = [f"### Sockets over {'REDIRECT' if route == 'redirect' else route}: operations/s or MiB/s, Settled / Handshake, ratio to TCP", ""]
    lines += [f"| work | {head} |", "| --- |" + " ---: |" * len(columns)]
    works = [("request", s) for s in sockets.REQUEST_SIZES] + [("stream", s) for s in sockets.STREAM_SIZES] + [("short", 64)]
    for work, size in works:
        row = [_both(cells.get(f"{work}-{size_text(size)}-{cpus}-{n}-{route}")) for cpus, n in columns]
        lines.append(f"| {work} {size_text(size)} | {' | '.join(row)} |")
    return "\n".join([*lines, ""])


def _gathering(cells):
    """Streams without TCP_NODELAY, and cells of another congestion control than the machine's."""
    found = {name: cell for name, cell in cells.items() if "-nagle-" in name or "@" in name}
    if not found:
        return ""
    lines = ["### Without TCP_NODELAY (`nagle`), and with another congestion control (`@NAME`): ratio to TCP", ""]
    lines += ["| cell | TCP | Settled / Handshake | CPU per operation | tutorial | the same with the machine's own |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, cell in found.items():
        plain, tutorial = cell["arms"]["plain"]["figures"].get(cell["figure"]), _ratio(cell, "tutorial", cell["figure"])
        own = _both(cells.get(name.partition("@")[0])) if "@" in name else ""
        shown = f"{tutorial['median']:.2f}" if tutorial else "–"
        speed = f"{plain['median']:,.0f} {_FIGURES[cell['figure']]}" if plain else "failed"
        lines.append(f"| {name} | {speed} | {_both(cell)} | {_both(cell, 'cpu_us_per_operation')} | {shown} | {own} |")
    return "\n".join([*lines, ""])


def _blocking(cells):
    found = {name: cell for name, cell in cells.items() if "-blocking-" in name and "@" not in name}
    if not found:
        return ""
    lines = ["### Blocking sockets, one connection: Settled (`blockingSockets: Accept`) / Handshake", ""]
    lines += ["| cell | ratio | CPU per operation |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {_both(cell)} | {_both(cell, 'cpu_us_per_operation')} |" for name, cell in found.items()]
    return "\n".join([*lines, ""])


def _others(cells):
    found = {name: cell for name, cell in cells.items() if cell["kind"] in ("proxies", "grpc", "databases")}
    lines = ["### Proxies, gRPC, databases: Settled / Handshake, ratio to TCP", ""]
    lines += ["| cell | TCP, operations/s | operations/s | CPU per operation | p50 | p99 |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, cell in found.items():
        plain = cell["arms"]["plain"]["figures"].get(cell["figure"])
        ratios = [_both(cell), *(_both(cell, f) for f in ("cpu_us_per_operation", "p50_us", "p99_us"))]
        lines.append(f"| {name} | {plain['median']:,.0f} | {' | '.join(ratios)} |" if plain else f"| {name} | failed | | | | |")
    return "\n".join([*lines, ""])


def _limits(cells):
    """How the tutorial and Unix sockets compare, where they were measured on one connection."""
    lines = ["### Beside it: the tutorial's way and Unix sockets, one connection over loopback, ratio to TCP", ""]
    lines += ["| cell | TCP | Settled | Handshake | tutorial | Unix |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, cell in cells.items():
        plain = cell.get("arms", {}).get("plain", {}).get("figures", {}).get(cell.get("figure"))
        if cell["kind"] != "sockets" or "unix" not in cell["arms"] or "-1-" not in name or "-nagle-" in name or "@" in name or not plain:
            continue
        ratios = [_ratio(cell, arm, cell["figure"]) for arm in (*_ARMS, "tutorial", "unix")]
        shown = [f"{r['median']:.2f}" if r else "–" for r in ratios]
        lines.append(f"| {name} | {plain['median']:,.0f} {_FIGURES[cell['figure']]} | {' | '.join(shown)} |")
    return "\n".join([*lines, ""])


def _costs(cells):
    lines = ["### What it costs", "", "| | median | least–most |", "| --- | ---: | ---: |"]
    for cell in cells.values():
        if cell["kind"] == "cost":
            f = cell["figures"]
            lines.append(f"| {cell['what']} | {f['median']:,.0f} {cell['unit']} | {f['least']:,.0f}–{f['most']:,.0f} |")
    for name, cell in cells.items():
        if name.startswith("unmatched-"):
            r, cpu = (cell["arms"]["unmatched"].get("ratios", {}).get(f) for f in (cell["figure"], "cpu_us_per_operation"))
            if r and cpu:
                lines.append(f"| {name}: a watched cgroup that no policy matches, ratio to a cgroup that is not watched | {r['median']:.2f}×, CPU {cpu['median']:.2f}× | {r['least']:.2f}–{r['most']:.2f} |")
    return "\n".join([*lines, ""])
