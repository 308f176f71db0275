"""A second, slow way to count working time and to climb: minute by minute, with nothing of the product's arithmetic.

Days come from `chinese_calendar.is_workday`, hours from lists of minutes; each day is worked out once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = (*range(8 * 60 + 30, 11 * 60 + 30), *range(13 * 60 + 30, 17 * 60))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Hours = Mapping[date, Sequence[int]]
"Of a day the minutes that are worked, counted from its beginning; other days are as everywhere."


@cache
def worked_by_statute(day: date) -> bool:
    known = any(holiday.year == day.year for holiday in chinese_calendar.holidays)
    return bool(chinese_calendar.is_workday(day)) if known else day.weekday() < 5


class Walker:
    """Walks from minute to minute. `hours` are exceptions, `shifts` further working time: (since, until)."""

    def __init__(self, hours: Hours | None = None, shifts: Iterable[tuple[datetime, datetime]] = ()) -> None:
        self.hours = hours or {}
        self.shifts = tuple(shifts)
        self.days: dict[date, list[datetime]] = {}

    def minutes(self, day: date) -> list[datetime]:
        """The beginnings of the minutes worked on a local day, in order."""
        if day not in self.days:
            midnight = datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)
            usual = self.hours.get(day, OFFICE if worked_by_statute(day) else ())
            every = {midnight + minute * MINUTE for minute in usual}
            if any(since < midnight + DAY and midnight < until for since, until in self.shifts):
                every |= {
                    at
                    for at in (midnight + minute * MINUTE for minute in range(24 * 60))
                    if any(since <= at < until for since, until in self.shifts)
                }
            self.days[day] = sorted(every)
        return self.days[day]

    def add(self, start: datetime, minutes: int) -> datetime:
        """The end of the last of so many worked minutes from `start`, which begins a minute."""
        day = start.astimezone(SHANGHAI).date()
        if minutes == 0:
            return start
        left = minutes
        while True:
            for at in self.minutes(day):
                if at >= start:
                    left -= 1
                    if left == 0:
                        return at + MINUTE
            day += DAY

    def at_or_next(self, at: datetime) -> datetime:
        """`at` if it is worked, or ends a minute that was; else the next minute that is."""
        day = (at - MINUTE).astimezone(SHANGHAI).date()
        while True:
            for minute in self.minutes(day):
                if minute <= at <= minute + MINUTE:
                    return at
                if minute > at:
                    return minute
            day += DAY


class Paused(Walker):
    """Another's working time, but nothing of it within the pauses."""

    def __init__(self, base: Walker, pauses: Sequence[tuple[datetime, datetime]]) -> None:
        super().__init__()
        self.base, self.pauses = base, pauses

    def minutes(self, day: date) -> list[datetime]:
        if day not in self.days:
            worked = self.base.minutes(day)
            self.days[day] = [at for at in worked if not any(since <= at < until for since, until in self.pauses)]
        return self.days[day]


def climb(
    walker: Walker,
    urge_at: datetime,
    due_at: datetime,
    units: Sequence[str],
    interval: int,
    silent: Callable[[str, int], bool],
    held: tuple[int, datetime] | None = None,
) -> list[tuple[int, datetime, str, bool]]:
    """(rung, instant, unit, skipped): the urge, then one rung for each unit from the owing one up."""
    rungs = [(0, walker.at_or_next(urge_at), units[0], silent(units[0], 0))]
    at = walker.at_or_next(due_at)
    for number, unit in enumerate(units, start=1):
        if held and number > held[0]:
            at = max(at, held[1])
        skipped = silent(unit, number)
        rungs.append((number, at, unit, skipped))
        if not skipped:
            at = walker.add(at, interval)
    return rungs


def end_of_day(first: date, days: int) -> datetime:
    """24:00 of the day so many after the first."""
    return datetime.combine(first + (days + 1) * DAY, time.min, SHANGHAI).astimezone(UTC)
