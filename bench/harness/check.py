"""make bench-check: whether Shunt's wins are still there. Meant for noisy machines.

It compares CPU per operation, which other programs disturb far less than speed, with plain TCP in the same round, against bounds that lie about halfway
between the win and no win; a cell that is beyond them is measured again, longer each time, and fails when it never came within.
"""

from dataclasses import dataclass

from shuntdev.console import Failure, say

from . import arms, text
from .http import HttpCell
from .sockets import SocketCell

_ATTEMPTS = 4
_ROUNDS = 5


@dataclass(frozen=True)
class Expectation:
    cell: object
    cpu_at_most: float  # CPU per operation, ratio to plain TCP
    redirected_at_least: float = 0.8  # share of the bytes

    def complaints(self, result):
        """What is not as expected; empty when all is well."""
        found = []
        for name, arm in result["arms"].items():
            if name == arms.PLAIN.name:
                continue
            ratio = arm.get("ratios", {}).get("cpu_us_per_operation")
            share = arm.get("datapath", {}).get("redirected_share", 1.0)
            if arm["failures"]:
                found.append(f"{name}: {arm['failures']} failures: {arm.get('error')}")
            elif not ratio:
                found.append(f"{name}: no round in which both it and plain TCP were measured")
            elif ratio["median"] > self.cpu_at_most:
                found.append(f"{name}: CPU per operation is {ratio['median']:.2f}× plain TCP's, expected at most {self.cpu_at_most:.2f}×")
            elif share < self.redirected_at_least:
                found.append(f"{name}: {share:.0%} of the bytes were redirected, expected at least {self.redirected_at_least:.0%}")
        return found


EXPECTATIONS = (
    Expectation(SocketCell("request", 64, "same"), 0.80),
    Expectation(SocketCell("request", 64 << 10, "same"), 0.75),
    Expectation(SocketCell("request", 1024, "two", 32), 0.80),
    # Plain TCP on one connection is fast or slow for life (docs/benchmarks.md); over 32 of them that luck averages.
    Expectation(SocketCell("stream", 64 << 10, "same", 32), 0.80),
    Expectation(HttpCell("haproxy", 1024, 32), 0.90),
    # Who is not meant pays next to nothing.
    Expectation(SocketCell("request", 64, "same", unmatched=True), 1.15),
)


def run(lab, record):
    lost = [name for expectation in EXPECTATIONS for name in _check(expectation, lab, record)]
    if lost:
        raise Failure("a win is lost: " + "; ".join(lost), "bench/run --only CELL measures one cell at length; docs/benchmarks.md tells what it should be")
    say(f"all {len(EXPECTATIONS)} expectations hold")


def _check(expectation, lab, record):
    for attempt in range(1, _ATTEMPTS + 1):
        result = expectation.cell.run(lab, _ROUNDS * attempt, 0.4, without=(arms.TUTORIAL, arms.UNIX))
        record.add(result)
        complaints = expectation.complaints(result)
        say(f"{result['cell']}: {'as expected' if not complaints else f'attempt {attempt} of {_ATTEMPTS}: ' + '; '.join(complaints)}")
        print(text.lines(result), flush=True)
        if not complaints:
            return []
    return [f"{result['cell']}, {complaint}" for complaint in complaints]
