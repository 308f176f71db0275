"""A long list in parts: a statement takes so many parameters, and a transaction should be so long."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Each = TypeVar("Each")


def batched(sequence: Sequence[Each], size: int) -> Iterator[Sequence[Each]]:
    """Its slices of `size` each, the last one shorter, in order; none of an empty one.

    As `itertools.batched` of Python 3.12, which gives tuples of anything that can be walked through.
    """
    for start in range(0, len(sequence), size):
        yield sequence[start : start + size]
