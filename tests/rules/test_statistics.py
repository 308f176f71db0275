"""Periods and what they are compared with; a histogram of minutes that still has a median."""

from datetime import date
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.statistics.figures import COUNTED, Figures, of_row, total, without_rare
from portal.statistics.histogram import CLASSES, EDGES, FEWEST, bounds, class_of, percentile
from portal.statistics.periods import Choice, Period, before, chosen, month_of, months_until

TODAY = date(2016, 3, 31)
amounts = st.lists(st.integers(0, EDGES[-1] - 1), min_size=FEWEST, max_size=200)


def histogram(minutes: list[int]) -> list[int]:
    counts = [0] * CLASSES
    for each in minutes:
        counts[class_of(each)] += 1
    return counts


@given(amounts, st.sampled_from([0.5, 0.9]))
def test_a_percentile_lies_in_the_class_of_the_exact_one(minutes: list[int], share: float) -> None:
    exact = sorted(minutes)[ceil(share * len(minutes)) - 1]
    told = percentile(histogram(minutes), share)
    assert told is not None
    low, high = bounds(class_of(exact))
    assert high is not None
    assert low <= told <= high
    assert abs(told - exact) <= max(0.2 * exact + 1, 15)


@given(st.integers(0, EDGES[-1] - 1))
def test_every_amount_lies_within_its_class_and_the_classes_meet(minutes: int) -> None:
    low, high = bounds(class_of(minutes))
    assert high is not None
    assert low <= minutes < high
    assert all(bounds(place)[1] == bounds(place + 1)[0] for place in range(CLASSES - 1))


def test_of_two_answers_no_percentile_is_told() -> None:
    assert percentile(histogram([60, 60]), 0.5) is None
    assert percentile(histogram([60, 60, 60]), 0.5) is not None


def test_what_took_longer_than_all_classes_is_at_least_the_last_edge() -> None:
    assert percentile(histogram([EDGES[-1] * 3] * 5), 0.9) == EDGES[-1]


@given(amounts, amounts)
def test_the_histogram_of_two_days_is_the_sum_of_both(one: list[int], other: list[int]) -> None:
    both = Figures(minutes=tuple(histogram(one))) + Figures(minutes=tuple(histogram(other)))
    assert both.minutes == tuple(histogram(one + other))
    assert (both - Figures(minutes=tuple(histogram(other)))).median == Figures(minutes=tuple(histogram(one))).median


@pytest.mark.parametrize(
    ("choice", "period", "earlier"),
    [
        (Choice.MONTH, ("2016-03-01", "2016-03-31"), ("2016-02-01", "2016-02-29")),
        (Choice.LAST_MONTH, ("2016-02-01", "2016-02-29"), ("2016-01-01", "2016-01-31")),
        (Choice.DAYS_30, ("2016-03-02", "2016-03-31"), ("2016-02-01", "2016-03-01")),
        (Choice.DAYS_90, ("2016-01-02", "2016-03-31"), ("2015-10-04", "2016-01-01")),
        (Choice.YEAR, ("2016-01-01", "2016-03-31"), ("2015-01-01", "2015-03-31")),
    ],
)
def test_each_period_is_compared_with_the_one_before(
    choice: Choice, period: tuple[str, str], earlier: tuple[str, str]
) -> None:
    assert chosen(choice, TODAY) == of_days(*period)
    assert before(choice, of_days(*period)) == of_days(*earlier)


def test_a_month_that_has_begun_is_compared_with_as_many_days_of_the_last() -> None:
    assert before(Choice.MONTH, of_days("2016-03-01", "2016-03-10")) == of_days("2016-02-01", "2016-02-10")
    assert before(Choice.MONTH, of_days("2016-03-01", "2016-03-30")) == of_days("2016-02-01", "2016-02-29")
    assert before(Choice.YEAR, of_days("2016-01-01", "2016-02-29")).until == date(2015, 2, 28)


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.integers(1, 900))
def test_own_days_are_compared_with_as_many_directly_before(until: date, days: int) -> None:
    period = Period(date.fromordinal(until.toordinal() - days + 1), until)
    earlier = before(Choice.OWN, period)
    assert (earlier.days, (period.since - earlier.until).days) == (days, 1)


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)))
def test_twelve_months_end_with_that_of_the_day(day: date) -> None:
    months = months_until(day, 12)
    assert months == sorted(set(months))
    assert len(months) == 12
    assert month_of(months[-1]) == month_of(day)


def test_kinds_of_case_with_fewer_than_three_are_told_together() -> None:
    kept, rare = without_rare({"a": Figures(accepted=3), "b": Figures(accepted=2), "c": Figures(received=1)})
    assert kept == {"a": Figures(accepted=3)}
    assert (rare.accepted, rare.received) == (2, 1)


def test_nothing_to_add_is_nought() -> None:
    assert of_row([None] * (len(COUNTED) + CLASSES)) == Figures() == total([])
    assert Figures().share is None


def of_days(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))
