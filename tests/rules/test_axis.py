"""A line of time: what comes later stands further on, and nothing stands beside the line."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from portal.tickets.axis import NEAREST, Axis

CHINA = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=90)).map(lambda after: BEGIN + after)


@given(st.lists(instants, max_size=6), instants, instants)
def test_what_comes_later_stands_no_nearer_to_the_begin(all_of: list[datetime], one: datetime, other: datetime) -> None:
    axis = Axis.over(BEGIN, [*all_of, one, other], CHINA)
    assert 0 <= axis.at(min(one, other)) <= axis.at(max(one, other)) <= 100
    assert all(axis.at(each) < 100 for each in all_of)
    assert axis.at(BEGIN - timedelta(days=1)) == 0
    assert axis.length(min(one, other), max(one, other)) > 0


@given(st.lists(instants, max_size=6))
def test_the_marks_are_midnights_in_order_far_enough_apart_to_be_read(all_of: list[datetime]) -> None:
    axis = Axis.over(BEGIN, all_of, CHINA)
    places = [mark.at for mark in axis.marks]
    assert all(later - earlier >= NEAREST for earlier, later in pairwise(places))
    assert [mark.day for mark in axis.marks] == sorted({mark.day for mark in axis.marks})
    assert all(0 < place < 100 for place in places)


def test_two_days_have_the_beginning_of_the_second_in_the_middle() -> None:
    axis = Axis(datetime(2016, 1, 4, tzinfo=CHINA), datetime(2016, 1, 6, tzinfo=CHINA), CHINA)
    assert [(mark.at, mark.day.day) for mark in axis.marks] == [(50.0, 5)]
