"""Every rung of 500 random tickets of 2026 against a second implementation that walks minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import chinese_calendar

from directory.working_time import CHINA, Opening, WorkingCalendar
from portal.ladder.ladder import POLICIES, instants, ladder
from portal.procedures.limit import Limit, LimitUnit
from tests.walker import MINUTE, OFFICE, Walker, climb, end_of_day

TICKETS = 500
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
UNITS = ("station", "hall", "detachment", "corps")


def test_every_day_of_2026_is_worked_as_the_state_council_says() -> None:
    calendar = WorkingCalendar()
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        assert bool(calendar.openings(day)) == chinese_calendar.is_workday(day), day
        assert sum((closes - opens) // MINUTE for opens, closes in calendar.openings(day)) in {0, 390}


def drawn_hours(random: Random) -> dict[date, list[int]]:
    """Some days closed, some worked by night, some for an hour."""
    kinds: list[list[int]] = [[], list(OFFICE), list(range(9 * 60, 10 * 60)), list(range(18 * 60, 24 * 60))]
    return {FIRST + timedelta(days=random.randrange(330)): random.choice(kinds) for _ in range(random.randrange(12))}


def openings(minutes: list[int]) -> tuple[Opening, ...]:
    """The ranges of a list of minutes."""
    begins = [minute for minute in minutes if minute - 1 not in minutes]
    ends = [minute + 1 for minute in minutes if minute + 1 not in minutes]
    return tuple(Opening(clock(opens), clock(closes)) for opens, closes in zip(begins, ends, strict=True))


def clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def test_every_rung_of_five_hundred_tickets_is_where_the_walker_finds_it() -> None:
    random = Random(20_260_101)
    for _ in range(TICKETS):
        start = datetime(2026, 1, 1, tzinfo=CHINA) + random.randrange(330 * 24 * 60) * MINUTE
        hours = drawn_hours(random) if random.random() < 0.5 else {}
        shifts = [
            (start + timedelta(hours=n * 24 + 3), start + timedelta(hours=n * 24 + 9))
            for n in range(random.randrange(4))
        ]
        policy = POLICIES[random.choice(["normal", "urgent"])]
        limit = random.choice([Limit(random.randint(1, 8)), Limit(random.randint(2, 900), LimitUnit.WORKING_MINUTE),
                               Limit(random.randint(1, 60), LimitUnit.CALENDAR_DAY)])  # fmt: skip
        units = UNITS[random.randrange(4) :]
        nobody = {number for number in range(5) if random.random() < 0.2}
        calendar = WorkingCalendar(exceptions={day: openings(list(m)) for day, m in hours.items()}, shifts=shifts)
        walker = Walker(hours, [(since.astimezone(UTC), until.astimezone(UTC)) for since, until in shifts])
        when = instants(start, limit, calendar, policy)
        if limit.unit is LimitUnit.CALENDAR_DAY:
            day = start.date()
            assert when.due_at == end_of_day(day, limit.amount)
            assert when.urge_at == end_of_day(day, limit.amount * policy.urge_percent // 100)
        else:
            minutes = limit.amount * (390 if limit.unit is LimitUnit.WORKING_DAY else 1)
            assert when.due_at == walker.add(start.astimezone(UTC), minutes)
            assert when.urge_at == walker.add(start.astimezone(UTC), minutes * policy.urge_percent // 100)
        rungs = ladder(urge_at=when.urge_at, due_at=when.due_at, chain=units, calendar=calendar, policy=policy,
                       reachable=lambda _unit, number, nobody=nobody: number not in nobody)  # fmt: skip
        slow = climb(walker, when.urge_at, when.due_at, units, policy.interval_minutes,
                     lambda _unit, number, nobody=nobody: number in nobody)  # fmt: skip
        assert [(rung.number, rung.at, rung.unit, rung.skipped) for rung in rungs] == slow
