"""Runs one cell: all its arms are open at once and take turns, in an order that changes from round to round."""

from contextlib import ExitStack

from shuntdev.console import Failure, tail

from . import figures

DEFAULT_CPU_PERCENT = 1  # the node plugin's; for cells whose connections are too short to be waited for
_SUMS = ("failures", "bytes", "operations", "seconds")


class ArmsCell:
    """What cells of several arms have in common: a name, kind, figure, slice_ms and arms, and open(lab, arm, index) for a load."""

    short = False
    cpu_percent = 20  # of the node plugin: a slice begins when its connections are enrolled, and by its default share hundreds of them would have to be waited for

    def run(self, lab, rounds, pace, without=(), more=()):
        return _run(self, [arm for arm in (*self.arms, *more) if arm not in without], lab, rounds, round(self.slice_ms * pace))


class _Runner:
    """One arm of a cell. One that fails leaves the cell, says why, and does not keep the others from going on."""

    def __init__(self, cell, lab, arm, index, stack):
        self.arm = arm
        self.slices = {}  # by round
        self.failures = 0
        self.error = None
        self._load = None
        self._attempt(lambda: self._open(cell, lab, index, stack))

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

    def _open(self, cell, lab, index, stack):
        self._load = cell.open(lab, self.arm, index)
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


def _run(cell, arms, lab, rounds, slice_ms):
    earlier = lab.agent.counters()
    with ExitStack() as stack:
        runners = [_Runner(cell, lab, arm, index, stack) for index, arm in enumerate(arms)]
        for runner in runners:
            runner.warm_up(slice_ms)
        before = lab.agent.counters()
        for turn in range(rounds):
            at = turn % len(runners)
            for runner in runners[at:] + runners[:at]:
                runner.slice(turn, slice_ms)
        after = lab.agent.counters()
    return {
        "cell": cell.name,
        "kind": cell.kind,
        "figure": cell.figure,
        "cpu_percent": cell.cpu_percent,
        "arms": {runner.arm.name: _arm(runner, runners[0], earlier, before, after) for runner in runners},
    }


def _arm(runner, base, earlier, before, after):
    slices = list(runner.slices.values())
    names = [n for n in slices[0] if n not in _SUMS] if slices else []
    result = {"failures": runner.failures, "figures": {n: figures.summary([s[n] for s in slices]) for n in names}}
    if runner.error:
        result["error"] = runner.error
    if runner is not base:
        result["ratios"] = {n: figures.ratio(runner.slices, base.slices, n) for n in names}
    if policy := runner.arm.policy:
        result["datapath"] = _datapath(earlier[policy], before[policy], after[policy], sum(s["bytes"] for s in slices))
    return result


def _datapath(earlier, before, after, sent):
    """What the counters say happened meanwhile, and where connections that are not accelerated stand."""
    redirected = after["redirected_bytes"] - before["redirected_bytes"]
    return {
        "redirected_bytes": redirected,
        "redirected_share": min(1.0, redirected / sent) if sent else 0.0,
        "accelerated_live": after["accelerated_live"],
        "live": after["live"],
        "reasons": _grown(earlier["reasons"], after["reasons"]),
        "fallbacks": _grown(before["fallbacks"], after["fallbacks"]),
    }


def _grown(before, after):
    return {name: n - before.get(name, 0) for name, n in after.items() if n > before.get(name, 0) and name != "accelerated"}
