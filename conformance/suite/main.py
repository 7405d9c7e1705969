"""The suite's command line."""

import argparse
import json
import time

from shuntdev import console
from shuntdev.console import ROOT, say

from . import arms, cases, report
from .verdicts import Kind, compare

_ENROLMENTS = ("settled", "accept", "handshake")


def main():
    options = _options()
    found = [c for c in cases.build() if not options.only or any(text in c.name for text in options.only)]
    slots = cases.short_slots(found) if options.short else cases.every_slot(found)
    slots = [s for s in slots if not options.mode or s.mode in options.mode]
    slots = [s for s in slots if not options.place or s.place.name in options.place]
    enrolments = options.enrolment or (("settled", "handshake") if options.short else _ENROLMENTS)
    say(f"{len(found)} cases, {len(slots)} runs each over plain TCP twice, then with {', '.join(enrolments)}")
    plain = arms.plain(slots)
    again = arms.plain(slots)
    verdicts = {}
    for enrolment in enrolments:
        say(f"accelerated: {enrolment}")
        seen = arms.accelerated(slots, enrolment)
        verdicts[enrolment] = [compare(s, enrolment, plain[s], again[s], seen[s]) for s in slots]
    return report.conclude(verdicts, options)


def _options():
    parser = argparse.ArgumentParser(prog="conformance/run", description=__doc__)
    parser.add_argument("--short", action="store_true", help="every case in two of its modes and places only")
    parser.add_argument("--enrolment", action="append", choices=_ENROLMENTS)
    parser.add_argument("--only", action="append", help="cases whose name contains this")
    parser.add_argument("--mode", action="append")
    parser.add_argument("--place", action="append")
    parser.add_argument("--report", help="write the tables to this file, in Markdown")
    parser.add_argument("--details", action="store_true", help="print what differs, note by note")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
