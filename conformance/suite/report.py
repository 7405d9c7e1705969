"""What comes out: a table, the score, JSON, and Markdown for docs/conformance.md."""

import json
from collections import Counter

from shuntdev.console import ROOT, say

from . import known, markdown
from .verdicts import Kind

BAD = (Kind.PLAIN_DIFFERS, Kind.DIFFERS, Kind.UNPROVEN)


def conclude(verdicts, options):
    """Prints it all and returns the exit code: 1 if anything is not as documented."""
    documented = known.read()
    out = ROOT / "target" / "conformance"
    if not options.earlier:
        (out / "results.json").write_text(json.dumps(_json(verdicts), indent=1))
    failures = 0
    for enrolment, all_of_it in verdicts.items():
        for kind in BAD:
            failures += _print_bad(enrolment, kind, [v for v in all_of_it if v.kind is kind], documented, options)
    if not (options.short or options.only or options.mode or options.place):
        failures += _print_outdated(verdicts, documented)
    if options.report:
        markdown.write(options.report, verdicts, documented)
        say(f"wrote {options.report}")
    print()
    for enrolment, all_of_it in verdicts.items():
        print(score_line(enrolment, all_of_it))
    print(f"conformance: {f'{failures} surprises' if failures else 'every difference is documented'}", flush=True)
    return int(failures > 0)


def scored(verdicts):
    return [v for v in verdicts if "statistics" not in v.slot.case.flags]


def score_line(enrolment, verdicts):
    of = scored(verdicts)
    kinds = Counter(v.kind for v in of)
    cases = {v.slot.case.name for v in of}
    whole = cases - {v.slot.case.name for v in of if not v.identical}
    return (
        f"{enrolment}: {len(whole)} / {len(cases)} cases identical, {sum(v.identical for v in of)} / {len(of)} runs "
        f"({kinds[Kind.ACCELERATED]} accelerated, {kinds[Kind.EXCLUDED]} not accelerated as expected)"
    )


def _print_bad(enrolment, kind, rows, documented, options):
    """Returns how many of them are not documented."""
    surprises = 0
    by_case = {}
    for v in rows:
        by_case.setdefault(v.slot.case.name, []).append(v)
    if by_case:
        print(f"\n{enrolment}: {kind.value}")
    for name, of_case in by_case.items():
        unknown = [v for v in of_case if known.is_surprise(documented, enrolment, v)]
        surprises += len(unknown)
        print(f"  {name:48} {'NEW ' if unknown else ''}{len(of_case)} runs: {_where(of_case)}")
        if unknown or options.details:
            _print_details((unknown or of_case)[0])
    return surprises


def _print_details(v):
    for what, plain, other in v.differences:
        print(f"      {what}: plain {_values(plain)}, accelerated {_values(other)}")
    print(f"      e.g. {v.slot.name}; counted as: {', '.join(v.reasons) or 'nothing'}")


def _values(values):
    return "-" if values is None else " ".join(values)


def _where(of_case):
    modes = sorted({v.slot.mode for v in of_case})
    places = sorted({v.slot.place.name for v in of_case})
    return f"{', '.join(modes)}; {', '.join(places) if len(places) < 4 else f'{len(places)} places'}"


def _print_outdated(verdicts, documented):
    """A documented difference that nobody sees any more must leave the list."""
    seen = {known.reason(documented, e, v.slot) for e, of in verdicts.items() for v in of if v.kind is Kind.DIFFERS}
    outdated = [k for k in documented if k not in seen and any(k.covers(e, v.slot) for e, of in verdicts.items() for v in of)]
    for k in outdated:
        print(f"no longer differs, take it off conformance/differences.txt: {k.where} {k.case}")
    return len(outdated)


def _json(verdicts):
    return {
        enrolment: [
            {
                "case": v.slot.case.name,
                "mode": v.slot.mode,
                "place": v.slot.place.name,
                "result": v.kind.name.lower(),
                "counted": list(v.reasons),
                "differences": [{"what": w, "plain": p, "accelerated": a} for w, p, a in v.differences],
            }
            for v in of
        ]
        for enrolment, of in verdicts.items()
    }
