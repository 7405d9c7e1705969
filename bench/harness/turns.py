"""Runs one cell: all its arms are open at once and take turns, in an order that changes from round to round."""

from contextlib import ExitStack

from . import figures


def run(cell, lab, rounds, slice_ms):
    with ExitStack() as stack:
        opened = {}
        for index, arm in enumerate(cell.arms):
            opened[arm] = cell.open(lab, arm, index)
            stack.callback(opened[arm].close)
        for load in opened.values():
            load.warm_up(slice_ms)
        before = lab.agent.counters()
        measured = [_round(opened, turn, slice_ms) for turn in range(rounds)]
        after = lab.agent.counters()
    return {
        "cell": cell.name,
        "kind": cell.kind,
        "figure": cell.figure,
        "arms": {arm.name: _arm(cell, arm, measured, before, after) for arm in cell.arms},
    }


def _round(opened, turn, slice_ms):
    order = list(opened)
    at = turn % len(order)
    return {arm.name: opened[arm].slice(slice_ms) for arm in order[at:] + order[:at]}


def _arm(cell, arm, measured, before, after):
    names = [n for n in measured[0][arm.name] if n not in ("failures", "bytes", "operations", "seconds")]
    result = {
        "failures": sum(r[arm.name]["failures"] for r in measured),
        "figures": {n: figures.summary([r[arm.name][n] for r in measured if n in r[arm.name]]) for n in names},
    }
    if arm.name != cell.arms[0].name:
        result["ratios"] = {n: figures.ratio(measured, arm.name, cell.arms[0].name, n) for n in names}
    if arm.policy:
        result["datapath"] = _datapath(before.get(arm.policy), after.get(arm.policy), sum(r[arm.name]["bytes"] for r in measured))
    return result


def _datapath(before, after, sent):
    """What the counters say happened meanwhile, and where connections that are not accelerated stand."""
    redirected = after["redirected_bytes"] - before["redirected_bytes"]
    return {
        "redirected_bytes": redirected,
        "redirected_share": min(1.0, redirected / sent) if sent else 0.0,
        "accelerated_live": after["accelerated_live"],
        "live": after["live"],
        "reasons": _grown(before["reasons"], after["reasons"]),
        "fallbacks": _grown(before["fallbacks"], after["fallbacks"]),
    }


def _grown(before, after):
    return {name: n - before.get(name, 0) for name, n in after.items() if n > before.get(name, 0)}
