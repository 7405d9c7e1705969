"""Charts as SVG: a row for each cell, a dot for each arm on a logarithmic axis of ratios to plain TCP, its line from least to most."""

import math
from html import escape
from pathlib import Path

_ARMS = (("settled", "Settled"), ("handshake", "Handshake"), ("tutorial", "tutorial, unguarded"), ("unix", "Unix sockets"))
_LEFT, _RIGHT, _ROW, _TOP, _WIDTH = 290, 30, 26, 64, 860
_TICKS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
# Colours that stand out from each other and from both backgrounds, also for eyes that do not tell red from green.
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .quiet { fill: #59636e; font-size: 12px }
  .grid { stroke: #d1d9e0 }
  .one { stroke: #59636e; stroke-width: 1.5 }
  .settled { fill: #0969da; stroke: #0969da } .handshake { fill: #c4570a; stroke: #c4570a }
  .tutorial { fill: #8c959f; stroke: #8c959f } .unix { fill: none; stroke: #8250df; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .settled { fill: #58a6ff; stroke: #58a6ff } .handshake { fill: #f0883e; stroke: #f0883e }
    .tutorial { fill: #6e7681; stroke: #6e7681 } .unix { stroke: #bc8cff }
  }
"""


def write(folder, cells):
    """Draws what there is; returns pairs of a path relative to the page and a title."""
    groups = [
        ("one-cpu", "One connection over loopback, both ends on one CPU", lambda n, c: c["kind"] == "sockets" and n.endswith("-same-1-loopback")),
        ("two-cpus", "One connection over loopback, the ends on two CPUs", lambda n, c: c["kind"] == "sockets" and n.endswith("-two-1-loopback")),
        ("programs", "Proxies, gRPC and databases", lambda n, c: c["kind"] in ("proxies", "grpc", "databases")),
    ]
    drawn = []
    for name, title, chosen in groups:
        rows = {n: c for n, c in cells.items() if chosen(n, c) and not n.startswith("unmatched-") and any(_ratio(c, arm) for arm, _ in _ARMS)}
        if rows:
            folder.mkdir(exist_ok=True)
            path = folder / f"{name}.svg"
            path.write_text(_chart(f"{title}: speed, ratio to plain TCP", rows))
            drawn.append((f"{Path(folder).name}/{path.name}", title))
    return drawn


def _ratio(cell, arm):
    return cell["arms"].get(arm, {}).get("ratios", {}).get(cell["figure"])


def _chart(title, rows):
    height = _TOP + _ROW * len(rows) + 34
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">', f"<style>{_STYLE}</style>"]
    parts += [f'<text x="10" y="22" font-weight="600">{escape(title)}</text>', *_legend(rows)]
    for tick in _TICKS:
        x, kind = _x(tick), "one" if tick == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 28}"/>')
        parts.append(f'<text class="quiet" x="{x:.1f}" y="{height - 10}" text-anchor="middle">{tick:g}×</text>')
    for at, (name, cell) in enumerate(rows.items()):
        y = _TOP + _ROW * at + _ROW / 2
        label = name.removesuffix("-loopback").replace("-same-1", "").replace("-two-1", "").removeprefix("http-")
        parts.append(f'<text x="10" y="{y + 4:.1f}">{escape(label)}</text>')
        for offset, (arm, _) in enumerate(_ARMS):
            if ratio := _ratio(cell, arm):
                parts += _dot(arm, ratio, y + (offset - 1.5) * 5)
    return "\n".join([*parts, "</svg>\n"])


def _dot(arm, ratio, y):
    least, middle, most = (_x(ratio[k]) for k in ("least", "median", "most"))
    return [
        f'<line class="{arm}" x1="{least:.1f}" y1="{y:.1f}" x2="{most:.1f}" y2="{y:.1f}" stroke-opacity="0.5"/>',
        f'<circle class="{arm}" cx="{middle:.1f}" cy="{y:.1f}" r="3.5"><title>{ratio["median"]:.2f}×</title></circle>',
    ]


def _legend(rows):
    parts, x = [], 10
    for arm, title in _ARMS:
        if any(_ratio(cell, arm) for cell in rows.values()):
            parts += [f'<circle class="{arm}" cx="{x + 5}" cy="42" r="4"/>', f'<text class="quiet" x="{x + 15}" y="46">{title}</text>']
            x += 32 + 7 * len(title)
    return parts


def _x(ratio):
    low, high = math.log(_TICKS[0]), math.log(_TICKS[-1])
    share = (math.log(min(max(ratio, _TICKS[0]), _TICKS[-1])) - low) / (high - low)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
