"""What comes out: a table, the score, JSON, and Markdown for docs/conformance.md."""

import json
from collections import Counter

from shuntdev.console import ROOT

from .verdicts import Kind


def conclude(verdicts, options):
    out = ROOT / "target" / "conformance"
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(_json(verdicts), indent=1))
    bad = 0
    for enrolment, all_of_it in verdicts.items():
        scored = [v for v in all_of_it if "statistics" not in v.slot.case.flags]
        for kind in (Kind.PLAIN_DIFFERS, Kind.DIFFERS, Kind.UNPROVEN):
            rows = [v for v in all_of_it if v.kind is kind]
            if not rows:
                continue
            print(f"\n{enrolment}: {kind.value}")
            by_case = {}
            for v in rows:
                by_case.setdefault(v.slot.case.name, []).append(v)
            for name, of_case in by_case.items():
                print(f"  {name:50} {len(of_case)} runs: {_where(of_case)}")
                if options.details or kind is Kind.PLAIN_DIFFERS:
                    for what, plain, other in of_case[0].differences:
                        print(f"      {what}: {plain} -> {other}")
                    print(f"      counted: {', '.join(of_case[0].reasons)}")
        bad += sum(not v.identical for v in scored)
    for enrolment, all_of_it in verdicts.items():
        scored = [v for v in all_of_it if "statistics" not in v.slot.case.flags]
        kinds = Counter(v.kind for v in scored)
        cases = {v.slot.case.name for v in scored}
        wrong = {v.slot.case.name for v in scored if not v.identical}
        print(
            f"{enrolment}: {sum(v.identical for v in scored)} / {len(scored)} runs identical "
            f"({kinds[Kind.ACCELERATED]} accelerated, {kinds[Kind.EXCLUDED]} excluded), {len(cases) - len(wrong)} / {len(cases)} cases"
        )
    return int(bad > 0)


def _where(of_case):
    modes = sorted({v.slot.mode for v in of_case})
    places = sorted({v.slot.place.name for v in of_case})
    return f"{', '.join(modes)}; {', '.join(places) if len(places) < 4 else f'{len(places)} places'}"


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
