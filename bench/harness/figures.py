"""Medians, spreads and paired ratios of what slices measured."""

from statistics import median


def summary(values):
    ordered = sorted(values)
    return {"median": median(ordered), "least": ordered[0], "most": ordered[-1]}


def ratio(arm, base, figure):
    """The median over all rounds of arm / base in the same round: noise that lasts longer than a round hits both. None without a common round."""
    ratios = [arm[turn][figure] / base[turn][figure] for turn in arm if turn in base and base[turn].get(figure)]
    return summary(ratios) if ratios else None
