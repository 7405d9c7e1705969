"""The suite's command line."""

import argparse

from shuntdev import build, console
from shuntdev.console import Failure, say

from . import arms, cases, earlier, report, retries
from .verdicts import compare

_ENROLMENTS = ("settled", "accept", "handshake")


def main():
    options = _options()
    found = [c for c in cases.build() if not options.only or any(text in c.name for text in options.only)]
    if not found:
        raise Failure(f"no case has {' or '.join(options.only)} in its name", "the names are in docs/conformance.md and conformance/cases")
    if options.earlier:
        return report.conclude(earlier.read(options.earlier, found), options)
    build.ensure_built()
    enrolments = options.enrolment or (("settled", "handshake") if options.short else _ENROLMENTS)
    slots = {e: _chosen(options, cases.short_slots(found, e) if options.short else cases.every_slot(found)) for e in enrolments}
    every = list(dict.fromkeys(s for of in slots.values() for s in of))
    say(f"{len(found)} cases, {len(every)} runs over plain TCP{'' if options.short else ', twice'}")
    plain = arms.plain(every)
    again = plain if options.short else arms.plain(every)
    trials = [(slot, enrolment) for enrolment in enrolments for slot in slots[enrolment]]
    say(f"{len(trials)} runs accelerated: {', '.join(enrolments)}")
    seen = arms.accelerated(trials)
    verdicts = {e: [compare(s, e, plain[s], again[s], seen[s, e]) for s in slots[e]] for e in enrolments}
    retries.alone(verdicts)
    return report.conclude(verdicts, options)


def _chosen(options, slots):
    return [s for s in slots if (not options.mode or s.mode in options.mode) and (not options.place or s.place.name in options.place)]


def _options():
    parser = argparse.ArgumentParser(prog="conformance/run", description=__doc__)
    parser.add_argument("--short", action="store_true", help="every case once for each enrolment, and plain TCP once")
    parser.add_argument("--enrolment", action="append", choices=_ENROLMENTS)
    parser.add_argument("--only", action="append", help="cases whose name contains this")
    parser.add_argument("--mode", action="append")
    parser.add_argument("--place", action="append")
    parser.add_argument("--report", help="write the tables to this file, in Markdown")
    parser.add_argument("--earlier", action="append", metavar="RESULTS", help="run nothing; conclude from what runs before left in target/conformance/results.json")
    parser.add_argument("--details", action="store_true", help="print what differs, note by note")
    return parser.parse_args()


if __name__ == "__main__":
    console.run(main)
