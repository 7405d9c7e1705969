"""Compares the notes of a plain and an accelerated run, and demands proof that the second one was what it says."""

from dataclasses import dataclass
from enum import Enum


REDIRECTED, NOTHING_SENT = "redirected", "accelerated, but nothing was redirected"
_FAILURES = ("broken", "hang", "died", "ended", "printed")  # of a case itself; over plain TCP none of them may happen


class Kind(Enum):
    ACCELERATED = "identical, accelerated"
    EXCLUDED = "identical, not accelerated"
    DIFFERS = "differs"
    UNPROVEN = "identical, but not for the reason expected"
    PLAIN_DIFFERS = "the case is wrong: over plain TCP it fails, or differs from one run to the next"


@dataclass
class Verdict:
    slot: object
    kind: Kind
    reasons: tuple = ()  # under which the datapath counted its connections
    differences: tuple = ()  # (what, plain, accelerated)

    @property
    def bad(self):
        return self.kind in (Kind.PLAIN_DIFFERS, Kind.DIFFERS, Kind.UNPROVEN)

    @property
    def identical(self):
        return self.kind in (Kind.ACCELERATED, Kind.EXCLUDED)


def compare(slot, enrolment, plain, again, accelerated):
    unstable = _differences(plain.notes, again.notes) or tuple((w, plain.notes[w], None) for w in _FAILURES if w in plain.notes)
    if unstable:
        return Verdict(slot, Kind.PLAIN_DIFFERS, differences=unstable)
    counters = accelerated.counters
    took_part = (REDIRECTED,) if counters.messages else (NOTHING_SENT,) if counters.accelerated else ()
    reasons = took_part + tuple(sorted(counters.reasons))
    differences = _differences(plain.notes, accelerated.notes)
    if differences:
        return Verdict(slot, Kind.DIFFERS, reasons, differences)
    return Verdict(slot, _proof(slot, enrolment, counters), reasons)


def _differences(one, other):
    keys = list(one) + [k for k in other if k not in one]
    return tuple((k, one.get(k), other.get(k)) for k in keys if one.get(k) != other.get(k))


def _proof(slot, enrolment, counters):
    """An accelerated slot must have redirected something; an excluded one must be counted under the reason that the case names."""
    expected = slot.case.handshake if enrolment == "handshake" else slot.case.settled
    if enrolment == "settled" and slot.blocks:
        expected = expected | {"blocking_socket"}
    redirected = counters.messages > 0 or ("no_messages" in slot.case.flags and counters.accelerated > 0)
    if redirected and (not expected or "may_leave" in slot.case.flags):
        return Kind.ACCELERATED
    if counters.reasons & expected:
        return Kind.EXCLUDED
    return Kind.UNPROVEN
