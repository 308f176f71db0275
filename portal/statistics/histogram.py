"""Working minutes kept as a histogram: sums of days and of units still have a median and a 90th percentile.

The classes grow by a fourth root of two, so a percentile read from them lies in the same class as the exact one and is
less than a fifth away from it; below a quarter of an hour, less than 15 minutes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

FIRST, DOUBLINGS, PER_DOUBLING = 15, 9, 4
EDGES = tuple(round(FIRST * 2 ** (n / PER_DOUBLING)) for n in range(DOUBLINGS * PER_DOUBLING + 1))
"Lower ends of all classes but the first, in minutes: a quarter of an hour up to 7,680 (about twenty working days)."
CLASSES = len(EDGES) + 1
NOTHING = (0,) * CLASSES
FEWEST = 3
"Of fewer answers no percentile is told: it would be the time of a single case."


def class_of(minutes: int) -> int:
    """In which class an amount counts."""
    return bisect_right(EDGES, minutes)


def percentile(counts: Sequence[int], share: float) -> int | None:
    """The amount that `share` of all do not exceed, evenly spread within its class; None of fewer than three.

    What lies beyond the last edge is that edge: at least so much.
    """
    total = sum(counts)
    if total < FEWEST:
        return None
    rank, before = max(1, ceil(share * total)), 0
    for place, count in enumerate(counts):
        if before + count >= rank:
            return _within(place, (rank - before - 0.5) / count)
        before += count
    return None


def bounds(place: int) -> tuple[int, int | None]:
    """From (included) and to (not included) of a class; the last has no end."""
    return (EDGES[place - 1] if place else 0), (EDGES[place] if place < len(EDGES) else None)


def _within(place: int, part: float) -> int:
    low, high = bounds(place)
    return low if high is None else int(low + (high - low) * part)
