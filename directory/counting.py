"""How a due time was computed: day by day, what was counted of the limit, and why days went by uncounted."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

import chinese_calendar

from directory.working_time import DAY, MINUTE, DayRule, Stretch, WorkingCalendar


class Uncounted(StrEnum):
    """Why nothing of a day was counted."""

    WEEK = "closed by the week"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    OVER = "hours over"
    PAUSED = "paused"


@dataclass(frozen=True)
class Step:
    """One local day with what was counted of it; or several in a row of which, for the same reason, nothing was.

    `left` is what is left of the limit after it. `name` is the holiday's (`Spring Festival`), or the
    exception's remark. `assumed`: its statutory days are not announced yet.
    """

    first: date
    last: date
    worked: tuple[Stretch, ...]
    counted: timedelta
    left: timedelta
    why: Uncounted | None = None
    name: str = ""
    rule: DayRule = DayRule.WEEK
    assumed: bool = False


def count_down(calendar: WorkingCalendar, start: datetime, minutes: int) -> list[Step]:
    """The steps by which `calendar.add(start, minutes)` is found; what they count is `minutes` together."""
    steps: list[Step] = []
    day, left = start.astimezone(calendar.tz).date(), minutes * MINUTE
    ends = calendar.add(start, minutes)
    while left:
        step = _step(calendar, day, start, ends, left)
        left = step.left
        if steps and _continues(steps[-1], step):
            steps[-1] = replace(steps[-1], last=step.last)
        else:
            steps.append(step)
        day += DAY
    return steps


def _step(calendar: WorkingCalendar, day: date, start: datetime, ends: datetime, left: timedelta) -> Step:
    worked = tuple(
        (max(opens, start), min(closes, ends))
        for opens, closes in calendar.openings(day)
        if max(opens, start) < min(closes, ends)
    )
    counted = sum((until - since for since, until in worked), timedelta())
    rule, assumed = calendar.rule_of(day), day > calendar.known_until
    why = None if worked else _why(calendar, day)
    return Step(day, day, worked, counted, left - counted, why, name_of(calendar, day, rule), rule, assumed)


def _why(calendar: WorkingCalendar, day: date) -> Uncounted:
    if calendar.openings(day):
        return Uncounted.OVER
    if calendar.paused_on(day):
        return Uncounted.PAUSED
    rule = calendar.rule_of(day)
    if rule is DayRule.EXCEPTION:
        return Uncounted.EXCEPTION
    return Uncounted.HOLIDAY if rule is DayRule.HOLIDAY else Uncounted.WEEK


def name_of(calendar: WorkingCalendar, day: date, rule: DayRule) -> str:
    """The holiday by its name in `chinesecalendar`, or the remark beside the exception."""
    if rule is DayRule.EXCEPTION:
        return calendar.remarks.get(day, "")
    return str(chinese_calendar.holidays.get(day, "")) if rule is DayRule.HOLIDAY else ""


def _continues(before: Step, step: Step) -> bool:
    same = (before.why, before.name, before.assumed) == (step.why, step.name, step.assumed)
    return same and step.why is not None and step.why is not Uncounted.OVER
