"""The tables of docs/conformance.md, between two markers; the rest of that page is written by hand."""

import platform
from pathlib import Path

from shuntdev.console import Failure

from . import known
from .verdicts import NOTHING_SENT, REDIRECTED, Kind

_BEGIN, _END = "<!-- results: begin -->", "<!-- results: end -->"


def write(path, verdicts, documented):
    page = Path(path).read_text()
    if page.count(_BEGIN) != 1 or page.count(_END) != 1:
        raise Failure(f"{path} must hold {_BEGIN} and {_END} once each")
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    Path(path).write_text(before + _BEGIN + "\n" + _tables(verdicts, documented) + _END + after)


def _tables(verdicts, documented):
    lines = [f"Kernel {platform.release()}, {platform.machine()}; {_extent(verdicts)}.", ""]
    lines += _scores(verdicts)
    for enrolment, of in verdicts.items():
        lines += _excluded(enrolment, of)
        lines += _differences(enrolment, of, documented)
    return "\n".join(lines) + "\n"


def _extent(verdicts):
    slots = [v.slot for of in verdicts.values() for v in of]
    places, modes = (list(dict.fromkeys(names)) for names in ([s.place.name for s in slots], [s.mode for s in slots]))
    return f"{len(slots)} accelerated runs, in the modes {', '.join(sorted(modes))}, in the places {', '.join(sorted(places))}"


def _scores(verdicts):
    lines = ["| group | " + " | ".join(f"{e}: cases | runs identical | accelerated | not accelerated" for e in verdicts) + " |"]
    lines.append("| --- |" + " ---: | ---: | ---: | ---: |" * len(verdicts))
    groups = list(dict.fromkeys(v.slot.case.group for of in verdicts.values() for v in of))
    for group in [*sorted(groups), None]:
        cells = []
        for of in verdicts.values():
            rows = [v for v in of if (group is None or v.slot.case.group == group) and "statistics" not in v.slot.case.flags]
            cells.append(_score(rows))
        lines.append(f"| {group or '**all**'} | {' | '.join(cells)} |")
    return [*lines, ""]


def _score(rows):
    cases = {v.slot.case.name for v in rows}
    wrong = {v.slot.case.name for v in rows if not v.identical}
    return (
        f"{len(cases) - len(wrong)} / {len(cases)} | {sum(v.identical for v in rows)} / {len(rows)} | "
        f"{sum(v.kind is Kind.ACCELERATED for v in rows)} | {sum(v.kind is Kind.EXCLUDED for v in rows)}"
    )


def _excluded(enrolment, of):
    """Which sockets are left to TCP because they would see a difference. The many blocking ones are one line."""
    by_reason = {}
    for v in of:
        if v.kind is Kind.EXCLUDED:
            for reason in set(v.reasons) - {REDIRECTED, NOTHING_SENT}:
                by_reason.setdefault(reason, set()).add(v.slot.case.name)
    if not by_reason:
        return []
    lines = [f"### {enrolment}: not accelerated", "", "| reason | cases |", "| --- | --- |"]
    for reason, names in sorted(by_reason.items()):
        shown = ", ".join(f"`{n}`" for n in sorted(names)) if len(names) <= 12 else f"{len(names)} cases, in blocking mode"
        lines.append(f"| `{reason}` | {shown} |")
    return [*lines, ""]


def _differences(enrolment, of, documented):
    rows = {}
    for v in of:
        if v.kind is Kind.DIFFERS:
            why = known.reason(documented, enrolment, v.slot)
            rows.setdefault((v.slot.case.name, why.why if why else _unknown(v)), set()).add(v.slot.mode)
    if not rows:
        return [f"### {enrolment}: differences", "", "None.", ""]
    lines = [f"### {enrolment}: differences", "", "| case | modes | what an application sees |", "| --- | --- | --- |"]
    for (name, why), modes in sorted(rows.items()):
        lines.append(f"| `{name}` | {', '.join(sorted(modes))} | {why} |")
    return [*lines, ""]


def _unknown(v):
    return "statistics only, not scored" if "statistics" in v.slot.case.flags else "**not documented**"
