"""The chain of command: ancestors, the lowest common one, distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.chain import (
    ChainError,
    CircularChainError,
    NotAboveError,
    UnknownUnitError,
    ancestors,
    chain_to,
    distance,
    lowest_common_ancestor,
)

JILIN: dict[str, str | None] = {
    "corps": None,
    "jilin": "corps",
    "baishan": "corps",
    "changyi": "jilin",
    "chuanying": "jilin",
    "linjiang": "baishan",
    "xinhua": "changyi",
    "dongju": "changyi",
}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str | None]:
    """A random tree of up to thirty units; unit n is under one with a lower number."""
    size = draw(st.integers(1, 30))
    above = [draw(st.integers(0, n - 1)) for n in range(1, size)]
    return {"0": None} | {str(n): str(parent) for n, parent in enumerate(above, start=1)}


@st.composite
def places(draw: st.DrawFn) -> tuple[dict[str, str | None], list[str]]:
    tree = draw(trees())
    return tree, draw(st.lists(st.sampled_from(sorted(tree)), min_size=1, max_size=6))


@given(places())
def test_the_lowest_common_ancestor_is_above_all_and_none_directly_below_it_is(
    drawn: tuple[dict[str, str | None], list[str]],
) -> None:
    tree, codes = drawn
    top = lowest_common_ancestor(codes, tree)
    chains = [ancestors(code, tree) for code in codes]
    assert all(top in chain for chain in chains)
    below = [code for code, parent in tree.items() if parent == top]
    assert not any(all(child in chain for chain in chains) for child in below)


@given(places())
def test_the_order_of_the_places_does_not_matter(drawn: tuple[dict[str, str | None], list[str]]) -> None:
    tree, codes = drawn
    assert lowest_common_ancestor(codes, tree) == lowest_common_ancestor(codes[::-1], tree)


@given(places())
def test_the_chain_leads_from_the_unit_by_each_parent_to_the_top(
    drawn: tuple[dict[str, str | None], list[str]],
) -> None:
    tree, codes = drawn
    top = lowest_common_ancestor(codes, tree)
    assert top is not None
    chain = chain_to(codes[0], top, tree)
    assert (chain[0], chain[-1]) == (codes[0], top)
    assert [tree[code] for code in chain[:-1]] == list(chain[1:])


@given(places())
def test_distance_is_the_same_both_ways_and_zero_only_to_itself(drawn: tuple[dict[str, str | None], list[str]]) -> None:
    tree, codes = drawn
    there, back = distance(codes[0], codes[-1], tree), distance(codes[-1], codes[0], tree)
    assert there == back
    assert (there == 0) == (codes[0] == codes[-1])


def test_ancestors_begin_with_the_unit_and_end_with_the_root() -> None:
    assert ancestors("xinhua", JILIN) == ("xinhua", "changyi", "jilin", "corps")
    assert ancestors("corps", JILIN) == ("corps",)


@pytest.mark.parametrize(
    ("codes", "top"),
    [
        (["xinhua", "dongju"], "changyi"),
        (["xinhua", "chuanying"], "jilin"),
        (["changyi", "linjiang"], "corps"),
        (["xinhua", "changyi"], "changyi"),
        (["xinhua"], "xinhua"),
        (["xinhua", "dongju", "linjiang"], "corps"),
    ],
)
def test_the_lowest_unit_that_commands_every_place_is_found(codes: list[str], top: str) -> None:
    assert lowest_common_ancestor(codes, JILIN) == top


def test_no_places_and_separate_trees_have_no_common_superior() -> None:
    apart: dict[str, str | None] = {"one": None, "other": None}
    assert lowest_common_ancestor([], JILIN) is None
    assert lowest_common_ancestor(["one", "other"], apart) is None
    assert distance("one", "other", apart) is None


def test_distance_counts_the_steps_up_and_down() -> None:
    assert distance("xinhua", "linjiang", JILIN) == 5
    assert distance("xinhua", "jilin", JILIN) == 2


def test_an_unknown_unit_is_named_wherever_it_stands_in_the_chain() -> None:
    with pytest.raises(UnknownUnitError, match="'nowhere'"):
        ancestors("nowhere", JILIN)
    with pytest.raises(UnknownUnitError, match="'lost'"):
        ancestors("orphan", {"orphan": "lost"})


def test_a_unit_above_itself_is_an_error_not_an_endless_climb() -> None:
    with pytest.raises(CircularChainError, match="'a'"):
        ancestors("a", {"a": "b", "b": "c", "c": "b"})


def test_a_chain_leads_only_to_a_unit_above() -> None:
    with pytest.raises(NotAboveError):
        chain_to("xinhua", "baishan", JILIN)


def test_every_fault_of_the_chain_is_a_chain_error() -> None:
    assert issubclass(UnknownUnitError, ChainError)
    assert issubclass(CircularChainError, ChainError)
    assert issubclass(NotAboveError, ChainError)
