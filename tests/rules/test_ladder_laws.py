"""The laws of the ladder, for any tree, any calendar, any limit above zero."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from directory.chain import ancestors
from directory.working_time import CHINA, WORKING_DAY, Opening, WorkingCalendar, calendar_day_end
from portal.ladder.ladder import (
    POLICIES,
    UNCOUNTED_PLACES,
    Hold,
    Policy,
    Rung,
    climbing_chain,
    instants,
    ladder,
    top_of_ladder,
)
from portal.procedures.limit import Limit, LimitUnit
from tests.rules.test_working_time import calendars, days, says_nothing, whole_minutes

DAY = timedelta(days=1)
CHAIN = ("station", "hall", "detachment", "corps")
PLACES = ("residence", "registry", "former registry", *sorted(UNCOUNTED_PLACES))

limits = st.one_of(
    st.builds(Limit, st.integers(1, 8)),
    st.builds(Limit, st.integers(1, 2_000), st.just(LimitUnit.WORKING_MINUTE)),
    st.builds(Limit, st.integers(1, 90), st.just(LimitUnit.CALENDAR_DAY)),
)
chains = st.integers(1, 4).map(lambda length: CHAIN[-length:])
policies = st.sampled_from(list(POLICIES.values()))
silent = st.sets(st.integers(0, 4))
holds = st.none() | st.builds(Hold, st.integers(1, 3), whole_minutes)


@st.composite
def commands(draw: st.DrawFn) -> tuple[dict[str, str | None], str, list[tuple[str, str, bool]]]:
    """A tree of up to twelve units of any shape, an opener, and the tasks of a ticket: place, unit, cancelled."""
    size = draw(st.integers(1, 12))
    parents: dict[str, str | None] = {"0": None}
    for number in range(1, size):
        parents[str(number)] = str(draw(st.integers(0, number - 1)))
    units = st.sampled_from(sorted(parents))
    tasks = draw(st.lists(st.tuples(st.sampled_from(PLACES), units, st.booleans()), min_size=1, max_size=6))
    return parents, draw(units), tasks


def climbed(
    start: datetime,
    limit: Limit,
    calendar: WorkingCalendar,
    chain: tuple[str, ...] = CHAIN,
    policy: Policy = POLICIES["normal"],
    nobody: set[int] | None = None,
    hold: Hold | None = None,
) -> list[Rung]:
    when = instants(start, limit, calendar, policy)
    return ladder(urge_at=when.urge_at, due_at=when.due_at, chain=chain, calendar=calendar, policy=policy,
                  reachable=lambda _unit, number: number not in (nobody or set()), hold=hold)  # fmt: skip


@given(commands(), whole_minutes, limits)
def test_the_top_rung_is_the_lowest_unit_above_all_places_and_nobody_above_it_has_a_rung(
    drawn: tuple[dict[str, str | None], str, list[tuple[str, str, bool]]], start: datetime, limit: Limit
) -> None:
    parents, opener, tasks = drawn
    counted = {opener, *(unit for place, unit, gone in tasks if not gone and place not in UNCOUNTED_PLACES)}
    above_all = set.intersection(*(set(ancestors(unit, parents)) for unit in counted))
    lowest = max(above_all, key=lambda unit: len(ancestors(unit, parents)))
    top = top_of_ladder(opener, tasks, parents)
    assert top == lowest
    for place, unit in [("", opener), *((place, unit) for place, unit, gone in tasks if not gone)]:
        rungs = climbed(start, limit, WorkingCalendar(), climbing_chain(unit, place, top, parents))
        if place in UNCOUNTED_PLACES:
            assert [(rung.number, rung.unit) for rung in rungs] == [(0, unit), (1, unit)]
        else:
            assert rungs[-1].unit == top
            assert not {rung.unit for rung in rungs} & set(ancestors(top, parents)[1:])


@given(calendars(), whole_minutes, limits, chains, policies, silent, holds, st.sets(days, min_size=1, max_size=4))
def test_closed_days_more_never_make_a_rung_earlier(
    calendar: WorkingCalendar, start: datetime, limit: Limit, chain: tuple[str, ...], policy: Policy, nobody: set[int],
    hold: Hold | None, closed: set[date],
) -> None:  # fmt: skip
    exceptions = {**calendar.exceptions, **dict.fromkeys(closed, ())}
    longer = WorkingCalendar(calendar.week, exceptions, calendar.tz, statutory=says_nothing, shifts=calendar.shifts)
    before = climbed(start, limit, calendar, chain, policy, nobody, hold)
    after = climbed(start, limit, longer, chain, policy, nobody, hold)
    assert all(one.at <= other.at for one, other in zip(before, after, strict=True))


@given(calendars(), whole_minutes, limits, chains, policies, silent, holds)
def test_rungs_lie_in_working_time_never_decrease_and_strictly_increase_where_none_is_skipped(
    calendar: WorkingCalendar, start: datetime, limit: Limit, chain: tuple[str, ...], policy: Policy, nobody: set[int],
    hold: Hold | None,
) -> None:  # fmt: skip
    rungs = climbed(start, limit, calendar, chain, policy, nobody, hold)
    assert [rung.at for rung in rungs] == sorted(rung.at for rung in rungs)
    for lower, upper in pairwise(rungs[1:]):
        assert (lower.at < upper.at) if not lower.skipped else lower.at <= upper.at
    if hold is None:
        assert all(calendar.at_or_next_opening(rung.at) == rung.at for rung in rungs)


@given(calendars(), whole_minutes, st.integers(1, 9), chains, policies)
def test_n_working_days_are_n_times_390_minutes_of_the_owing_units_own_hours_and_so_are_its_rungs(
    calendar: WorkingCalendar, start: datetime, amount: int, chain: tuple[str, ...], policy: Policy
) -> None:
    when = instants(start, Limit(amount), calendar, policy)
    assert calendar.elapsed(start, when.due_at) == amount * WORKING_DAY
    assert calendar.elapsed(start, when.urge_at) == amount * WORKING_DAY * 3 // 4
    rungs = climbed(start, Limit(amount), calendar, chain, policy)
    assert [calendar.elapsed(when.due_at, rung.at) for rung in rungs[1:]] == [
        number * policy.interval_minutes for number in range(len(chain))
    ]


def test_in_a_unit_that_works_four_hours_a_day_a_working_day_ends_on_the_second_day() -> None:
    mornings = WorkingCalendar(dict.fromkeys(range(5), (Opening(time(8), time(12)),)), statutory=says_nothing)
    rungs = climbed(datetime(2016, 1, 4, 8, tzinfo=CHINA), Limit(1), mornings, CHAIN[:2])
    shown = [f"{rung.at.astimezone(CHINA):%d %H:%M}" for rung in rungs]
    assert shown == ["05 08:52", "05 10:30", "07 09:00"]


@given(st.dates(date(2016, 1, 1), date(2026, 6, 30)), st.integers(1, 200), st.integers(0, 1439))
def test_the_overall_limit_ends_at_24_hours_and_is_urged_at_24_hours_of_three_quarters_of_its_days(
    day: date, amount: int, minute: int
) -> None:
    start = datetime.combine(day, time(minute // 60, minute % 60), CHINA)
    limit = Limit(amount, LimitUnit.CALENDAR_DAY)
    when = instants(start, limit, WorkingCalendar(), POLICIES["normal"], start_day=day)
    midnight = datetime.combine(day, time.min, CHINA) + DAY
    assert when.due_at == midnight + amount * DAY == calendar_day_end(day, amount, CHINA)
    assert when.urge_at == midnight + (amount * 3 // 4) * DAY
    assert {when.due_at.tzinfo, when.urge_at.tzinfo} == {UTC}
    assert not when.provisional


@settings(max_examples=50)
@given(whole_minutes, st.integers(1, 5), st.lists(st.tuples(st.integers(0, 9), st.integers(1, 16)), max_size=4))
def test_an_urgent_task_has_195_minutes_between_rungs_and_its_units_duty_shifts_count(
    start: datetime, amount: int, drawn: list[tuple[int, int]]
) -> None:
    nights = [(start + day * DAY, start + day * DAY + timedelta(hours=length)) for day, length in drawn]
    office = WorkingCalendar(statutory=says_nothing)
    on_duty = office.with_shifts(nights)
    rungs = climbed(start, Limit(amount), on_duty, CHAIN, POLICIES["urgent"])
    assert [on_duty.elapsed(lower.at, upper.at) for lower, upper in pairwise(rungs[1:])] == [195] * 3
    usual = climbed(start, Limit(amount), office, CHAIN, POLICIES["urgent"])
    assert all(one.at <= other.at for one, other in zip(rungs, usual, strict=True))
    assert on_duty.elapsed(start, rungs[1].at) == amount * WORKING_DAY
