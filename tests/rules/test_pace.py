"""A store that fills again: nobody gets more than it holds, whoever waits as long as told goes on."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.web.pace import Pace

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
GAPS = st.lists(st.integers(0, 3_000).map(lambda milliseconds: timedelta(milliseconds=milliseconds)), max_size=60)


@given(GAPS)
def test_in_no_stretch_of_time_does_anybody_ask_more_than_the_store_and_what_came_in(gaps: list[timedelta]) -> None:
    pace, at, asked = Pace(5, 60), AT, []
    for gap in gaps:
        at += gap
        if not pace.wait("zhang", at):
            asked.append(at)
    for first, begins in enumerate(asked):
        for last, ends in enumerate(asked[first:], 1):
            assert last <= 5 + (ends - begins).total_seconds() + 1e-6


@given(GAPS)
def test_whoever_waits_as_long_as_told_goes_on_and_not_before(gaps: list[timedelta]) -> None:
    pace, at = Pace(3, 60), AT
    for gap in gaps:
        at += gap
        if wait := pace.wait("zhang", at):
            assert pace.wait("zhang", at + wait - timedelta(milliseconds=1))
            at += wait
            assert not pace.wait("zhang", at)


def test_one_who_is_slowed_slows_nobody_else() -> None:
    pace = Pace(2, 60)
    assert [bool(pace.wait("zhang", AT)) for _ in range(4)] == [False, False, True, True]
    assert not pace.wait("li", AT)


def test_a_clock_that_is_put_back_locks_nobody_out_for_longer_than_the_store_takes_to_fill() -> None:
    pace = Pace(2, 60)
    pace.wait("zhang", AT)
    assert pace.wait("zhang", AT - timedelta(days=1)) <= timedelta(seconds=2)
