"""The arithmetic of a comparison: ratios within a round, their median and quartiles. Nothing else.

A list of values has one entry for each round; None stands for a window that gave no value.
"""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    """The middle half of some values."""

    low: float
    median: float
    high: float
    count: int


def spread(values):
    """Median and quartiles of what is there; None when nothing is."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    if len(known) == 1:
        return Spread(known[0], known[0], known[0], 1)
    low, middle, high = statistics.quantiles(known, n=4, method="inclusive")
    return Spread(low, middle, high, len(known))


def ratios(above, below):
    """above / below, round by round: what disturbed a round disturbed both."""
    return [divided(one, other) for one, other in zip(above, below)]


def divided(above, below):
    return None if above is None or not below else above / below


def sums(*lists):
    """One value for each round: the sum of that round's, None when one of them is missing."""
    return [None if None in values else sum(values) for values in zip(*lists)]


def median(values):
    found = spread(values)
    return None if found is None else found.median


def ratio(above, below):
    """The spread of above / below, or None."""
    return spread(ratios(above or [], below or []))
