"""A list in parts is the list."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from directory.batched import batched


@given(st.lists(st.integers()), st.integers(1, 50))
def test_the_parts_in_order_are_the_whole_and_only_the_last_is_shorter(whole: list[int], size: int) -> None:
    parts = list(batched(whole, size))
    assert list(chain.from_iterable(parts)) == whole
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts)
