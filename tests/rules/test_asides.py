"""Who reads what is written to one unit alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tickets.asides import may_read

PARENTS = {"22": None, "2202": "22", "2206": "22", "220202": "2202", "220204": "2202", "220681": "2206", "220621": "2206"}
CODES = st.sampled_from(sorted(PARENTS))


@given(own=CODES, supervises=st.booleans())
def test_what_is_written_to_all_is_read_by_all(own: str, *, supervises: bool) -> None:
    assert may_read((), own, PARENTS, supervises=supervises)


@given(one=CODES, other=CODES, own=CODES)
def test_an_officer_reads_only_what_his_own_unit_wrote_or_was_told(one: str, other: str, own: str) -> None:
    assert may_read((one, other), own, PARENTS, supervises=False) == (own in (one, other))


@given(one=CODES, other=CODES, own=CODES)
def test_a_supervisor_reads_what_an_officer_of_the_unit_does_and_never_less(one: str, other: str, own: str) -> None:
    if may_read((one, other), own, PARENTS, supervises=False):
        assert may_read((one, other), own, PARENTS, supervises=True)


@pytest.mark.parametrize(
    ("own", "reads"),
    [("220202", True), ("220681", True), ("2202", True), ("2206", True), ("22", True), ("220204", False), ("220621", False)],
)
def test_between_changyi_and_linjiang_those_above_either_read_and_nobody_beside(own: str, *, reads: bool) -> None:
    assert may_read(("220202", "220681"), own, PARENTS, supervises=True) is reads
