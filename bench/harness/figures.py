"""Medians, spreads and paired ratios of what slices measured."""

from statistics import median

# Of these, less is better.
COSTS = ("cpu_us_per_operation", "cpu_us_per_mib", "p50_us", "p99_us")


def summary(values):
    ordered = sorted(values)
    return {"median": median(ordered), "least": ordered[0], "most": ordered[-1]}


def ratio(rounds, arm, base, figure):
    """The median over all rounds of arm / base in the same round: noise that lasts longer than a round hits both."""
    pairs = [(r[arm].get(figure), r[base].get(figure)) for r in rounds if arm in r and base in r]
    ratios = [a / b for a, b in pairs if a is not None and b]
    return summary(ratios) if ratios else None
