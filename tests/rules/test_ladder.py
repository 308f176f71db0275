"""The ladder: when who is urged and told, to the minute."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.chain import ChainError, NotAboveError
from directory.working_time import CHINA, Opening, WorkingCalendar, statutory
from portal.ladder.ladder import (
    POLICIES,
    UNCOUNTED_PLACES,
    Hold,
    Instants,
    Policy,
    Rung,
    climbing_chain,
    instants,
    ladder,
    rungs_in_turn,
    top_of_ladder,
)
from portal.procedures.limit import Limit, LimitUnit
from portal.tickets.lifecycle import Place

PARENTS: dict[str, str | None] = {
    "corps": None,
    "jilin": "corps",
    "baishan": "corps",
    "changyi": "jilin",
    "chuanying": "jilin",
    "linjiang": "baishan",
    "fusong": "baishan",
    "xinhua": "changyi",
    "dongju": "changyi",
}
TO_CORPS = ("linjiang", "baishan", "corps")
NORMAL = POLICIES["normal"]
CALENDAR = WorkingCalendar()
TWO_DAYS = Limit(2)


def known_in_2026(day: date) -> bool | None:
    """Statute as it was known in 2026."""
    return statutory(day) if day.year <= 2026 else None


AS_OF_2026 = WorkingCalendar(known_until=date(2026, 12, 31), statutory=known_in_2026)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def everybody(_unit: str, _rung: int) -> bool:
    return True


def nobody_at(*rungs: int) -> Callable[[str, int], bool]:
    return lambda _unit, rung: rung not in rungs


def climb(
    limits: Instants,
    chain: Sequence[str] = TO_CORPS,
    *,
    calendar: WorkingCalendar = CALENDAR,
    policy: Policy = NORMAL,
    reachable: Callable[[str, int], bool] = everybody,
    hold: Hold | None = None,
) -> list[Rung]:
    return ladder(
        urge_at=limits.urge_at,
        due_at=limits.due_at,
        chain=chain,
        calendar=calendar,
        policy=policy,
        reachable=reachable,
        hold=hold,
    )


def times(rungs: list[Rung]) -> list[str]:
    return [shown(rung.at) for rung in rungs]


MONDAY = china("2016-01-04 09:00")


def test_the_worked_example_holds_to_the_minute() -> None:
    limits = instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL)
    top = top_of_ladder("changyi", [("registry", "linjiang", False)], PARENTS)
    rungs = climb(limits, climbing_chain("linjiang", "registry", top, PARENTS))
    assert [(rung.number, shown(rung.at), rung.unit, rung.skipped) for rung in rungs] == [
        (0, "2016-01-05 14:15", "linjiang", False),
        (1, "2016-01-06 09:00", "linjiang", False),
        (2, "2016-01-07 09:00", "baishan", False),
        (3, "2016-01-08 09:00", "corps", False),
    ]
    assert not limits.provisional


def test_the_sign_for_clock_of_the_worked_example_has_its_own_ladder() -> None:
    limit = Limit(NORMAL.sign_for_minutes, LimitUnit.WORKING_MINUTE)
    rungs = climb(instants(MONDAY, limit, CALENDAR, NORMAL))
    assert times(rungs) == ["2016-01-04 14:00", "2016-01-04 15:00", "2016-01-05 15:00", "2016-01-06 15:00"]


def test_an_urgent_ticket_climbs_every_half_day_under_the_same_limits() -> None:
    rungs = climb(instants(MONDAY, TWO_DAYS, CALENDAR, POLICIES["urgent"]), policy=POLICIES["urgent"])
    assert times(rungs) == ["2016-01-05 14:15", "2016-01-06 09:00", "2016-01-06 14:15", "2016-01-07 09:00"]


def test_the_spring_festival_of_2026_stops_the_ladder_and_its_make_up_saturday_does_not() -> None:
    rungs = climb(instants(china("2026-02-12 15:00"), TWO_DAYS, CALENDAR, NORMAL))
    assert times(rungs) == ["2026-02-14 09:45", "2026-02-14 15:00", "2026-02-24 15:00", "2026-02-25 15:00"]


def test_past_the_last_year_known_a_limit_is_provisional_and_moves_when_the_year_is_loaded() -> None:
    start = china("2026-12-30 09:00")
    assumed = instants(start, Limit(3), AS_OF_2026, NORMAL)
    assert (shown(assumed.due_at), assumed.provisional) == ("2027-01-04 09:00", True)
    loaded = WorkingCalendar(exceptions={date(2027, 1, 1): ()}, known_until=date(2027, 12, 31), statutory=known_in_2026)
    announced = instants(start, Limit(3), loaded, NORMAL)
    assert (shown(announced.due_at), announced.provisional) == ("2027-01-05 09:00", False)


def test_a_limit_that_ends_on_the_last_day_known_is_not_provisional() -> None:
    limits = instants(china("2026-12-30 17:00"), Limit(1), AS_OF_2026, NORMAL)
    assert (shown(limits.due_at), limits.provisional) == ("2026-12-31 17:00", False)


def test_a_limit_that_ends_at_a_closing_is_not_moved_to_the_next_opening() -> None:
    rungs = climb(instants(china("2016-01-04 08:30"), Limit(1), CALENDAR, NORMAL))
    assert times(rungs) == ["2016-01-04 15:22", "2016-01-04 17:00", "2016-01-05 17:00", "2016-01-06 17:00"]
    noon = climb(instants(china("2016-01-04 08:30"), Limit(180, LimitUnit.WORKING_MINUTE), CALENDAR, NORMAL))
    assert times(noon)[1:] == ["2016-01-04 11:30", "2016-01-05 11:30", "2016-01-06 11:30"]


def test_the_overall_clock_ends_at_24_hours_and_its_rungs_move_to_the_next_opening() -> None:
    limit = Limit(60, LimitUnit.CALENDAR_DAY)
    limits = instants(MONDAY, limit, CALENDAR, NORMAL)
    assert shown(limits.urge_at) == "2016-02-19 00:00", "24:00 of the 18th, day 45"
    assert shown(limits.due_at) == "2016-03-05 00:00", "24:00 of the 4th of March, day 60"
    rungs = climb(limits, ("changyi", "jilin", "corps"))
    assert times(rungs) == ["2016-02-19 08:30", "2016-03-07 08:30", "2016-03-07 17:00", "2016-03-08 17:00"]


def test_calendar_days_count_from_the_day_of_acceptance_when_it_is_given() -> None:
    limits = instants(MONDAY, Limit(5, LimitUnit.CALENDAR_DAY), CALENDAR, NORMAL, start_day=date(2016, 1, 2))
    assert (shown(limits.urge_at), shown(limits.due_at)) == ("2016-01-06 00:00", "2016-01-08 00:00")


def test_calendar_days_count_from_the_local_day_not_the_one_in_utc() -> None:
    late = instants(china("2016-01-05 07:00"), Limit(1, LimitUnit.CALENDAR_DAY), CALENDAR, NORMAL)
    assert shown(late.due_at) == "2016-01-07 00:00"


def test_calendar_days_rest_on_no_assumption() -> None:
    limits = instants(china("2026-12-30 09:00"), Limit(60, LimitUnit.CALENDAR_DAY), AS_OF_2026, NORMAL)
    assert not limits.provisional


def test_a_rung_with_nobody_reachable_gives_its_instant_to_the_next() -> None:
    rungs = climb(instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL), reachable=nobody_at(1))
    assert times(rungs) == ["2016-01-05 14:15", "2016-01-06 09:00", "2016-01-06 09:00", "2016-01-07 09:00"]
    assert [rung.skipped for rung in rungs] == [False, True, False, False]


def test_two_rungs_skipped_bring_the_top_to_the_limit_itself() -> None:
    rungs = climb(instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL), reachable=nobody_at(1, 2))
    assert times(rungs)[1:] == ["2016-01-06 09:00"] * 3
    assert [rung.number for rung in rungs if not rung.skipped] == [0, 3]


def test_a_desk_that_cannot_be_urged_brings_nobody_forward() -> None:
    limits = instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL)
    assert times(climb(limits, reachable=nobody_at(0))) == times(climb(limits))


def test_who_wants_the_next_rung_alone_is_asked_of_nobody_above_it() -> None:
    limits, asked = instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL), []

    def reachable(_unit: str, number: int) -> bool:
        asked.append(number)
        return True

    rungs = rungs_in_turn(urge_at=limits.urge_at, due_at=limits.due_at, chain=TO_CORPS, calendar=CALENDAR,
                          policy=NORMAL, reachable=reachable)  # fmt: skip
    assert [next(rungs).number, next(rungs).number] == asked == [0, 1]


def test_a_unit_that_is_itself_the_top_has_rungs_0_and_1_only() -> None:
    rungs = climb(instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL), ("corps",))
    assert [(rung.number, rung.unit) for rung in rungs] == [(0, "corps"), (1, "corps")]


def test_a_ladder_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unit that owes"):
        climb(instants(MONDAY, TWO_DAYS, CALENDAR, NORMAL), ())


@pytest.mark.parametrize(
    ("opener", "units", "top"),
    [
        ("xinhua", ["dongju"], "changyi"),
        ("changyi", ["chuanying"], "jilin"),
        ("changyi", ["linjiang"], "corps"),
        ("changyi", ["xinhua"], "changyi"),
        ("linjiang", ["fusong", "xinhua"], "corps"),
        ("changyi", [], "changyi"),
    ],
)
def test_the_top_is_the_lowest_unit_that_commands_every_place(opener: str, units: list[str], top: str) -> None:
    assert top_of_ladder(opener, [("registry", unit, False) for unit in units], PARENTS) == top


def test_cancelled_tasks_and_uncounted_places_do_not_lift_the_top() -> None:
    tasks = [
        ("registry", "chuanying", False),
        ("former registry", "linjiang", True),
        ("corps", "corps", False),
        ("common superior", "corps", False),
    ]
    assert top_of_ladder("changyi", tasks, PARENTS) == "jilin"


def test_places_that_nobody_commands_together_are_told() -> None:
    with pytest.raises(ChainError, match="no unit commands all"):
        top_of_ladder("one", [("registry", "other", False)], {"one": None, "other": None})


def test_a_task_climbs_from_its_unit_to_the_top_and_an_uncounted_place_not_at_all() -> None:
    assert climbing_chain("linjiang", "registry", "corps", PARENTS) == TO_CORPS
    assert climbing_chain("corps", "corps", "jilin", PARENTS) == ("corps",)
    assert climbing_chain("baishan", "common superior", "corps", PARENTS) == ("baishan",)
    with pytest.raises(NotAboveError):
        climbing_chain("linjiang", "registry", "jilin", PARENTS)


def test_the_uncounted_places_are_places_of_a_ticket() -> None:
    assert {Place.CORPS, Place.COMMON_SUPERIOR} == UNCOUNTED_PLACES
    assert top_of_ladder("xinhua", [(Place.CORPS, "corps", False)], PARENTS) == "xinhua"


def test_a_policy_frozen_on_a_ticket_is_read_back_by_any_version() -> None:
    policy = Policy(interval_minutes=195, explain_from_rung=3)
    assert Policy.from_dict(policy.to_dict()) == policy
    assert Policy.from_dict({"interval_minutes": 60, "from_another_version": "x"}) == Policy(interval_minutes=60)
    assert Policy.from_dict({}) == NORMAL


def test_a_limit_grants_something() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limit(0)


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(  # noqa: DTZ001  the zone comes with the next line
    lambda at: at.replace(second=0, microsecond=0, tzinfo=CHINA)
)
limits_drawn = st.one_of(
    st.builds(Limit, st.integers(1, 6)),
    st.builds(Limit, st.integers(2, 900), st.just(LimitUnit.WORKING_MINUTE)),
    st.builds(Limit, st.integers(1, 60), st.just(LimitUnit.CALENDAR_DAY)),
)
chains = st.integers(1, 4).map(lambda length: ("station", "hall", "detachment", "corps")[:length])
policies = st.sampled_from(list(POLICIES.values()))
unreachable = st.sets(st.integers(0, 4))


@given(starts, limits_drawn, chains, policies, unreachable)
def test_rungs_never_go_back_in_time_and_end_at_the_top(
    start: datetime, limit: Limit, chain: tuple[str, ...], policy: Policy, nobody: set[int]
) -> None:
    limits = instants(start, limit, CALENDAR, policy)
    rungs = climb(limits, chain, policy=policy, reachable=nobody_at(*nobody))
    assert [rung.at for rung in rungs] == sorted(rung.at for rung in rungs)
    assert [rung.number for rung in rungs] == list(range(len(chain) + 1))
    assert [rung.unit for rung in rungs] == [chain[0], *chain]
    assert {rung.number for rung in rungs if rung.skipped} == nobody & {rung.number for rung in rungs}
    assert rungs[0].at >= limits.urge_at
    assert rungs[1].at >= limits.due_at


@given(starts, limits_drawn, chains, policies)
def test_rungs_follow_one_another_strictly_from_the_limit_on_where_none_is_skipped(
    start: datetime, limit: Limit, chain: tuple[str, ...], policy: Policy
) -> None:
    rungs = climb(instants(start, limit, CALENDAR, policy), chain, policy=policy)
    assert all(lower.at < upper.at for lower, upper in pairwise(rungs[1:]))
    assert all(CALENDAR.elapsed(lower.at, upper.at) == policy.interval_minutes for lower, upper in pairwise(rungs[1:]))


@given(starts, limits_drawn, chains, unreachable)
def test_skipping_never_makes_a_rung_later(
    start: datetime, limit: Limit, chain: tuple[str, ...], nobody: set[int]
) -> None:
    limits = instants(start, limit, CALENDAR, NORMAL)
    skipping = climb(limits, chain, reachable=nobody_at(*nobody))
    assert all(one.at <= other.at for one, other in zip(skipping, climb(limits, chain), strict=True))


@given(starts, limits_drawn, chains, unreachable, st.integers(1, 4), starts)
def test_who_is_on_it_puts_off_what_comes_after_and_nothing_before(
    start: datetime, limit: Limit, chain: tuple[str, ...], nobody: set[int], after: int, until: datetime
) -> None:
    limits = instants(start, limit, CALENDAR, NORMAL)
    plain = climb(limits, chain, reachable=nobody_at(*nobody))
    held = climb(limits, chain, reachable=nobody_at(*nobody), hold=Hold(after, until))
    assert held[: after + 1] == plain[: after + 1]
    assert all(rung.at >= until for rung in held[after + 1 :])
    assert all(before.at <= now.at for before, now in zip(plain, held, strict=True))
    assert [rung.at for rung in held] == sorted(rung.at for rung in held)


MINUTE = timedelta(minutes=1)
HOURS = (range(8 * 60 + 30, 11 * 60 + 30), range(13 * 60 + 30, 17 * 60))


def works(at: datetime, closed: set[date]) -> bool:
    """Whether the minute that begins at `at`, local time, is worked: the slow reading of section 6."""
    open_day = at.weekday() < 5 and at.date() not in closed
    return open_day and any(at.hour * 60 + at.minute in hours for hours in HOURS)


def minutes_from(at: datetime, closed: set[date]) -> Iterator[datetime]:
    """The end of each working minute from `at` on."""
    while True:
        worked = works(at, closed)
        at += MINUTE
        if worked:
            yield at


def walk(at: datetime, amount: int, closed: set[date]) -> datetime:
    ends = minutes_from(at, closed)
    return [next(ends) for _ in range(amount)][-1]


def walked_ladder(
    start: datetime, minutes: int, chain: Sequence[str], nobody: set[int], closed: set[date]
) -> list[Rung]:
    """The rules of section 7, read one by one and counted minute by minute."""
    due = walk(start, minutes, closed)
    rungs = [Rung(0, walk(start, minutes * 3 // 4, closed), chain[0], 0 in nobody)]
    for number in range(1, len(chain) + 1):
        climbed_before = len(set(range(1, number)) - nobody)
        at = walk(due, 390 * climbed_before, closed) if climbed_before else due
        rungs.append(Rung(number, at, chain[number - 1], number in nobody))
    return rungs


@settings(deadline=None)
@given(
    starts,
    st.integers(2, 900),
    chains,
    unreachable,
    st.sets(st.integers(0, 12), max_size=6),
)
def test_walking_minute_by_minute_finds_the_same_rungs(
    start: datetime, minutes: int, chain: tuple[str, ...], nobody: set[int], closures: set[int]
) -> None:
    closed = {start.date() + timedelta(days=n) for n in closures}
    exceptions: dict[date, tuple[Opening, ...]] = dict.fromkeys(closed, ())
    calendar = WorkingCalendar(exceptions=exceptions, statutory=lambda _: None)
    limits = instants(start, Limit(minutes, LimitUnit.WORKING_MINUTE), calendar, NORMAL)
    rungs = climb(limits, chain, calendar=calendar, reachable=nobody_at(*nobody))
    assert rungs == walked_ladder(start, minutes, chain, nobody, closed)
