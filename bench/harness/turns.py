"""Runs one cell: all its arms are open at once and take turns, in an order that changes from round to round; some cells open them anew for each round."""

from collections import Counter
from contextlib import ExitStack

from shuntdev.console import Failure, tail

from . import figures

DEFAULT_CPU_PERCENT = 1  # the node plugin's; for cells whose connections are too short to be waited for
LONGEST = 5
_SUMS = ("failures", "bytes", "operations", "seconds")


class ArmsCell:
    """What cells of several arms have in common: a name, kind, figure, slice_ms and arms, and open(lab, arm, index) for a load."""

    short = False
    anew = False  # whether each round has a set of connections of its own, or one set serves all of them
    cpu_percent = 20  # of the node plugin: a slice begins when its connections are enrolled, and by its default share hundreds of them would have to be waited for

    def run(self, lab, rounds, pace, without=(), more=(), floor=None):
        """floor: measure up to LONGEST times as many rounds, until an arm with a policy is on one side of it for certain."""
        return _run(self, [arm for arm in (*self.arms, *more) if arm not in without], lab, rounds, round(self.slice_ms * pace), floor)


class _Runner:
    """One arm of a cell. One that fails leaves the cell, says why, and does not keep the others from going on."""

    def __init__(self, cell, lab, arm, index):
        self.arm = arm
        self.slices = {}  # by round
        self.failures = 0
        self.error = None
        self._load = None
        self._new_load = lambda: cell.open(lab, arm, index)

    def open(self, stack):
        """Until the stack is closed."""
        self._attempt(lambda: self._open(stack))

    def warm_up(self, ms):
        self._attempt(lambda: self._load.warm_up(ms))

    def slice(self, turn, ms):
        measured = self._attempt(lambda: self._load.slice(ms))
        if not measured:
            return
        self.failures += measured["failures"]
        if measured["failures"]:
            self.error = f"{measured['failures']} of {measured['operations']} operations failed in round {turn + 1}"
        else:
            self.slices[turn] = measured

    def _open(self, stack):
        self._load = self._new_load()
        stack.callback(self._load.close)

    def _attempt(self, action):
        if self.error:
            return None
        try:
            return action()
        except Failure as failure:
            self.error = "\n".join([str(failure), *([tail(failure.log, 10)] if failure.log else [])])  # the log goes with the cell
            self.failures += 1
            return None


def _run(cell, arms, lab, rounds, slice_ms, floor):
    runners = [_Runner(cell, lab, arm, index) for index, arm in enumerate(arms)]
    looks = []
    done = 0
    while not done or (done < LONGEST * rounds and any(_leaves_open(runner, runners[0], cell.figure, floor) for runner in runners)):
        turns = range(done, done + rounds)
        for of_set in [range(turn, turn + 1) for turn in turns] if cell.anew else [turns]:
            looks.append(_run_set(runners, lab, of_set, slice_ms))
        done = turns.stop
    return {
        "cell": cell.name,
        "kind": cell.kind,
        "figure": cell.figure,
        "cpu_percent": cell.cpu_percent,
        "rounds": done,
        "arms": {runner.arm.name: _arm(runner, runners[0], looks) for runner in runners},
    }


def _leaves_open(runner, base, figure, floor):
    return floor and runner.arm.policy and not runner.error and figures.is_open(runner.slices, base.slices, figure, floor)


def _run_set(runners, lab, turns, slice_ms):
    """Returns what the datapath had counted before the arms were open, when they were warm, and after the last of these turns."""
    earlier = lab.agent.counters()
    with ExitStack() as stack:
        for runner in runners:
            runner.open(stack)
        for runner in _in_order(runners, turns[0]):
            runner.warm_up(slice_ms)
        before = lab.agent.counters()
        for turn in turns:
            for runner in _in_order(runners, turn):
                runner.slice(turn, slice_ms)
        return earlier, before, lab.agent.counters()


def _in_order(runners, turn):
    first = turn % len(runners)
    return runners[first:] + runners[:first]


def _arm(runner, base, looks):
    slices = list(runner.slices.values())
    names = [n for n in slices[0] if n not in _SUMS] if slices else []
    result = {"failures": runner.failures, "figures": {n: figures.summary([s[n] for s in slices]) for n in names}}
    if runner.error:
        result["error"] = runner.error
    if runner is not base:
        result["ratios"] = {n: figures.ratio(runner.slices, base.slices, n) for n in names}
    if policy := runner.arm.policy:
        result["datapath"] = _datapath([[look[policy] for look in of_set] for of_set in looks], sum(s["bytes"] for s in slices))
    return result


def _datapath(looks, sent):
    """What the counters say happened meanwhile, and where connections that are not accelerated stand; all sets together."""
    redirected = sum(after["redirected_bytes"] - before["redirected_bytes"] for _, before, after in looks)
    return {
        "redirected_bytes": redirected,
        "redirected_share": min(1.0, redirected / sent) if sent else 0.0,
        "accelerated_live": sum(after["accelerated_live"] for _, _, after in looks),
        "live": sum(after["live"] for _, _, after in looks),
        "reasons": _grown((earlier["reasons"], after["reasons"]) for earlier, _, after in looks),
        "fallbacks": _grown((before["fallbacks"], after["fallbacks"]) for _, before, after in looks),
    }


def _grown(pairs):
    grown = Counter()
    for before, after in pairs:
        grown.update({name: n - before.get(name, 0) for name, n in after.items() if n > before.get(name, 0) and name != "accelerated"})
    return dict(grown)
