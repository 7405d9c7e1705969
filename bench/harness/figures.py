"""Medians, spreads and paired ratios of what slices measured."""

from math import sqrt
from statistics import median, stdev

_LEAST_NOISE = 0.03  # of one ratio: what a few of them show may be less by chance


def summary(values):
    ordered = sorted(values)
    return {"median": median(ordered), "least": ordered[0], "most": ordered[-1]}


def ratio(arm, base, figure):
    """The median over all rounds of arm / base in the same round: noise that lasts longer than a round hits both. None without a common round."""
    ratios = _ratios(arm, base, figure)
    return summary(ratios) if ratios else None


def is_open(arm, base, figure, bound):
    """Whether the median ratio is within two of its standard errors of the bound, so that it says little about which side it is on."""
    ratios = _ratios(arm, base, figure)
    if len(ratios) < 2:
        return False
    error = 1.25 * max(stdev(ratios), _LEAST_NOISE) / sqrt(len(ratios))  # a median's, of normal noise
    return abs(median(ratios) - bound) < 2 * error


def _ratios(arm, base, figure):
    return [arm[turn][figure] / base[turn][figure] for turn in arm if turn in base and base[turn].get(figure)]
