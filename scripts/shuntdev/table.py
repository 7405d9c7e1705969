"""Figures as a table."""


def render(before, after, plain, accelerated):
    """The demo's figures. before, after: what Chain.measure() returned; plain, accelerated: what the node plugin counted meanwhile."""
    rows = [("", "plain TCP", "accelerated", "ratio")]
    rows += [
        (name, show(before[key]), show(after[key]), _ratio(before[key], after[key]))
        for name, key, show in (
            ("requests/s", "rps", lambda v: f"{v:,.0f}"),
            ("latency p50", "p50_us", _duration),
            ("latency p99", "p99_us", _duration),
            ("CPU per request", "cpu_us_per_request", _duration),
            ("errors", "errors", str),
        )
    ]
    rows.append(("bytes redirected", _bytes(plain["redirected_bytes"]), _bytes(accelerated["redirected_bytes"]), ""))
    rows.append(_counts("connections accelerated", "accelerated_connections", plain, accelerated))
    for reason in sorted(plain["reasons"].keys() | accelerated["reasons"].keys()):
        rows.append(_counts(f"  not: {reason}", reason, plain["reasons"], accelerated["reasons"]))
    return aligned(rows)


def aligned(rows):
    """Rows of cells as text: the first is the heading, the first column is for words, the others for numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    ]
    return "\n".join(lines[:1] + ["-" * len(lines[0])] + lines[1:])


def _counts(name, key, plain, accelerated):
    return name, f"{plain.get(key, 0):,}", f"{accelerated.get(key, 0):,}", ""


def _ratio(before, after):
    return f"{after / before:.2f}×" if before else ""


def _duration(microseconds):
    return f"{microseconds / 1000:.2f} ms" if microseconds >= 1000 else f"{microseconds:.1f} µs"


def _bytes(count):
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
