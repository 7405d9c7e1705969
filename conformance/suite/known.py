"""Differences that are known and documented: conformance/differences.txt. They count as differences, but do not fail the run."""

from dataclasses import dataclass
from fnmatch import fnmatch

from shuntdev.console import ROOT, Failure

from .verdicts import Kind

_FILE = ROOT / "conformance" / "differences.txt"


@dataclass(frozen=True)
class Known:
    where: str  # enrolment/mode, with * and ? as in a shell
    case: str
    why: str

    def covers(self, enrolment, slot):
        return fnmatch(f"{enrolment}/{slot.mode}", self.where) and fnmatch(slot.case.name, self.case)


def read():
    known = []
    for number, line in enumerate(_FILE.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) != 3 or "/" not in words[0]:
            raise Failure(f"{_FILE}, line {number}: expected ENROLMENT/MODE CASE WHY, found '{line}'")
        known.append(Known(*words))
    return known


def is_surprise(known, enrolment, verdict):
    """Whether it is bad, and not because of a difference that is documented."""
    if verdict.kind is Kind.DIFFERS and ("statistics" in verdict.slot.case.flags or reason(known, enrolment, verdict.slot)):
        return False
    return verdict.bad


def reason(known, enrolment, slot):
    return next((k for k in known if k.covers(enrolment, slot)), None)
