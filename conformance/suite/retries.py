"""What differs unexpectedly is run once more with nothing beside it: on a busy machine a time may be late, and a difference that matters is seen again."""

from shuntdev.console import say

from . import arms, known
from .verdicts import compare

_TIMES = 2
_MOST = 40  # so many are no accident


def alone(verdicts):
    """verdicts: lists by enrolment; replaces in them what was not seen again."""
    documented = known.read()
    for _ in range(_TIMES):
        surprises = [(e, i) for e, of in verdicts.items() for i, v in enumerate(of) if known.is_surprise(documented, e, v)]
        if not surprises or len(surprises) > _MOST:
            return
        say(f"{len(surprises)} surprises, once more with nothing beside them")
        trials = [(verdicts[e][i].slot, e) for e, i in surprises]
        slots = list(dict.fromkeys(slot for slot, _ in trials))
        plain, again = arms.plain(slots, at_once=1), arms.plain(slots, at_once=1)
        seen = arms.accelerated(trials, at_once=1)
        for (e, i), (slot, _) in zip(surprises, trials):
            verdicts[e][i] = compare(slot, e, plain[slot], again[slot], seen[slot, e])
