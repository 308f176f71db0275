"""Working time: the instant at which an amount of it has passed, and the amount that passed between two instants.

Every instant given must be aware; every instant returned is in UTC. A range of a day is worked from its opening up to,
not including, its closing; an amount that is used up at a closing ends there, not at the next opening.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import count
from types import MappingProxyType
from zoneinfo import ZoneInfo

import chinese_calendar

Stretch = tuple[datetime, datetime]

WORKING_DAY = 390
"Minutes; a limit of n working days is n × 390 working minutes, however long the owing unit's days are."

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
CLOSED_FOR_GOOD = 3 * 366
"Days without working time after which a calendar is taken to be never open again."


class NeverOpenError(ValueError):
    """The calendar has no working time for three years on end: no instant can be counted in it."""


@dataclass(frozen=True, order=True)
class Opening:
    """One range of a day, in local time; a closing at 00:00 is the day's end, 24:00."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.closes != time.min and self.opens >= self.closes:
            raise ValueError(f"a range must open before it closes: {self.opens}–{self.closes}")

    def on(self, day: date, tz: tzinfo) -> Stretch:
        """Its two instants on `day`, in UTC."""
        last = day + DAY if self.closes == time.min else day
        return _instant(day, self.opens, tz), _instant(last, self.closes, tz)


OFFICE_HOURS = (Opening(time(8, 30), time(11, 30)), Opening(time(13, 30), time(17)))
WEEK: Mapping[int, tuple[Opening, ...]] = MappingProxyType(dict.fromkeys(range(5), OFFICE_HOURS))
"Monday is 0; a week day that is missing is closed."

CHINA = ZoneInfo("Asia/Shanghai")
KNOWN_UNTIL = date(max(chinese_calendar.holidays).year, 12, 31)
"The last day of the last year whose holidays `chinesecalendar` knows; later days are assumed."

NO_EXCEPTIONS: Mapping[date, tuple[Opening, ...]] = MappingProxyType({})
NO_REMARKS: Mapping[date, str] = MappingProxyType({})

Statutory = Callable[[date], bool | None]
"Whether a day is worked by statute: True on a make-up working day, False on a holiday, None where nothing is said."


def statutory(day: date) -> bool | None:
    """China's statutory days, from the State Council's yearly notices as `chinesecalendar` holds them."""
    if day in chinese_calendar.workdays:
        return True
    return False if day in chinese_calendar.holidays else None


class DayRule(StrEnum):
    """Which rule decides a day's hours."""

    WEEK = "week"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    EXCEPTION = "exception"


class WorkingCalendar:
    """The working time of a unit.

    A day's hours are its exception's, where () is closed; else, by statute, those of `holiday` (none, as a rule) on a
    holiday, and on a make-up working day (调休上班) those of the first of Monday to Friday that has any; else the
    week's. `shifts` are further working time wherever they lie, as the duty shifts that an urgent ticket counts. What
    overlaps counts once. Of all this nothing within a `pause` is worked. `remarks` say why a day is an exception.
    """

    def __init__(
        self,
        week: Mapping[int, tuple[Opening, ...]] = WEEK,
        exceptions: Mapping[date, tuple[Opening, ...]] = NO_EXCEPTIONS,
        tz: tzinfo = CHINA,
        known_until: date = KNOWN_UNTIL,
        statutory: Statutory = statutory,
        *,
        shifts: Iterable[Stretch] = (),
        holiday: tuple[Opening, ...] = (),
        remarks: Mapping[date, str] = NO_REMARKS,
        pauses: Iterable[Stretch] = (),
    ) -> None:
        self.week = week
        self.exceptions = exceptions
        self.tz = tz
        self.known_until = known_until
        self.statutory = statutory
        self.shifts = tuple(shifts)
        self.holiday = holiday
        self.remarks = remarks
        self.pauses = tuple(pauses)
        self._openings: dict[date, tuple[Stretch, ...]] = {}

    def with_shifts(self, shifts: Iterable[Stretch]) -> "WorkingCalendar":
        """The same with these shifts as well."""
        return self._with(shifts=(*self.shifts, *shifts))

    def without(self, pauses: Iterable[Stretch]) -> "WorkingCalendar":
        """The same, but for what stands still meanwhile: nothing in these pauses is worked."""
        more = tuple((_utc(since), _utc(until)) for since, until in pauses)
        return self._with(pauses=(*self.pauses, *more)) if more else self

    def rule_of(self, day: date) -> DayRule:
        """Which rule decides the hours of a local day."""
        if day in self.exceptions:
            return DayRule.EXCEPTION
        worked = self.statutory(day)
        if worked is None:
            return DayRule.WEEK
        return DayRule.MAKE_UP if worked else DayRule.HOLIDAY

    def hours(self, day: date) -> tuple[Opening, ...]:
        """The hours of a local day, shifts left out."""
        rule = self.rule_of(day)
        if rule is DayRule.EXCEPTION:
            return self.exceptions[day]
        if rule is DayRule.WEEK:
            return self.week.get(day.weekday(), ())
        return self._make_up_hours() if rule is DayRule.MAKE_UP else self.holiday

    def openings(self, day: date) -> tuple[Stretch, ...]:
        """The local day's ranges (opening, closing) in order, apart from one another."""
        if day not in self._openings:
            self._openings[day] = _cut(_joined([*self._regular(day), *self._on_duty(day)]), self.pauses)
        return self._openings[day]

    def paused_on(self, day: date) -> bool:
        """Whether nothing of a day that would be worked is worked, for a pause."""
        return bool(self.pauses) and not self.openings(day) and bool(self._with(pauses=()).openings(day))

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in [opening, closing) of a range."""
        return any(opens <= at < closes for opens, closes in self.openings(self._day(at)))

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself where it is open, else the first opening after it; NeverOpenError if there is none."""
        return next(self._stretches(at))[0]

    def at_or_next_opening(self, at: datetime) -> datetime:
        """`at` itself in [opening, closing] of a range, **a closing included**, else the first opening after it."""
        at = _utc(at)
        return max(at, self.next_opening(at - datetime.resolution))

    def add(self, start: datetime, minutes: int) -> datetime:
        """The instant at which `minutes` of working time have passed since `start`; `start` itself for 0.

        It lies in (opening, closing] of a range: what is used up at noon ends at 11:30, not at 13:30.
        """
        if minutes < 0:
            raise ValueError(f"working time cannot be taken back: {minutes} minutes")
        left = minutes * MINUTE
        if not left:
            return _utc(start)
        stretches = self._stretches(start)
        begins, ends = next(stretches)
        while left > ends - begins:
            left -= ends - begins
            begins, ends = next(stretches)
        return begins + left

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from `start` to `end`, begun minutes left out; negative if `end` is earlier."""
        start, end = _utc(start), _utc(end)
        if end < start:
            return -self.elapsed(end, start)
        return sum((ends - begins for begins, ends in self._stretches(start, end)), timedelta()) // MINUTE

    def provisional(self, at: datetime) -> bool:
        """Whether an amount that ends at `at` rests on days assumed, whose holidays are not announced yet."""
        return self._day(at) > self.known_until

    def _stretches(self, start: datetime, end: datetime | None = None) -> Iterator[Stretch]:
        """The working time from `start` on, cut off at `end`: the one arithmetic core."""
        since = _utc(start)
        for day in self._days(since, end):
            for opens, closes in self.openings(day):
                begins, ends = max(opens, since), closes if end is None else min(closes, end)
                if begins < ends:
                    yield begins, ends

    def _days(self, start: datetime, end: datetime | None) -> Iterator[date]:
        """The local days from `start` to `end`; without an end, until the calendar proves to be closed for good."""
        first = self._day(start)
        if end is not None:
            yield from (first + n * DAY for n in range((self._day(end) - first).days + 1))
            return
        closed = 0
        for n in count():
            yield (day := first + n * DAY)
            closed = 0 if self.openings(day) else closed + 1
            if closed > CLOSED_FOR_GOOD:
                raise NeverOpenError(f"no working time between {day - closed * DAY} and {day}")

    def _day(self, at: datetime) -> date:
        return _utc(at).astimezone(self.tz).date()

    def _with(self, **changed: Iterable[Stretch]) -> "WorkingCalendar":
        given = {"shifts": self.shifts, "pauses": self.pauses, **changed}
        return WorkingCalendar(
            self.week,
            self.exceptions,
            self.tz,
            self.known_until,
            self.statutory,
            shifts=given["shifts"],
            holiday=self.holiday,
            remarks=self.remarks,
            pauses=given["pauses"],
        )

    def _regular(self, day: date) -> list[Stretch]:
        return [opening.on(day, self.tz) for opening in self.hours(day)]

    def _make_up_hours(self) -> tuple[Opening, ...]:
        return next((self.week[day] for day in range(5) if self.week.get(day)), ())

    def _on_duty(self, day: date) -> list[Stretch]:
        begins, ends = Opening(time.min, time.min).on(day, self.tz)
        met = [(since, until) for since, until in self.shifts if since < ends and begins < until]
        return [(max(_utc(since), begins), min(_utc(until), ends)) for since, until in met]


def calendar_day_end(day: date, days: int, tz: tzinfo) -> datetime:
    """24:00, local time, of the day that is `days` calendar days after `day`, in UTC."""
    return _instant(day + (days + 1) * DAY, time.min, tz)


def _instant(day: date, at: time, tz: tzinfo) -> datetime:
    return datetime.combine(day, at, tz).astimezone(UTC)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"naive datetime {at!r}: an instant needs a time zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _joined(ranges: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Ranges in order, those that overlap or touch made one, so that no minute counts twice."""
    joined: list[Stretch] = []
    for opens, closes in sorted(ranges):
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], closes)
        elif opens < closes:
            joined.append((opens, closes))
    return tuple(joined)


def _cut(ranges: Iterable[Stretch], pauses: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """What is left of the ranges outside the pauses."""
    left = list(ranges)
    for since, until in pauses:
        before = [(opens, min(closes, since)) for opens, closes in left]
        after = [(max(opens, until), closes) for opens, closes in left]
        left = sorted((opens, closes) for opens, closes in (*before, *after) if opens < closes)
    return tuple(left)
