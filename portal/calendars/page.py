"""A year as a calendar: twelve months of weeks, each day with what makes it one."""

from calendar import Calendar
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from directory.counting import name_of
from directory.hours import show_day
from directory.working_time import DayRule, WorkingCalendar


@dataclass(frozen=True)
class Cell:
    """One day: `mark` is closed, holiday, make_up, special, week or open, and says its shape and its word."""

    day: date
    mark: str
    hours: str
    name: str
    today: bool


Month = tuple[date, Sequence[Sequence[Cell | None]]]


def months(calendar: WorkingCalendar, year: int, today: date) -> list[Month]:
    """The twelve months; weeks begin on Monday, days of other months are None."""
    weeks = Calendar(firstweekday=0)
    return [
        (
            date(year, month, 1),
            [
                [_cell(calendar, day, today) if day.month == month else None for day in week]
                for week in weeks.monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]


def counted(listed: Sequence[Month]) -> Counter[str]:
    """How many days of each mark."""
    return Counter(cell.mark for _first, weeks in listed for week in weeks for cell in week if cell)


def _cell(calendar: WorkingCalendar, day: date, today: date) -> Cell:
    rule, hours = calendar.rule_of(day), calendar.hours(day)
    return Cell(day, _mark(calendar, day, rule), show_day(hours), name_of(calendar, day, rule), day == today)


def _mark(calendar: WorkingCalendar, day: date, rule: DayRule) -> str:
    hours = calendar.hours(day)
    if rule is DayRule.HOLIDAY:
        return "special" if hours else "holiday"
    if rule is DayRule.MAKE_UP:
        return "make_up"
    if rule is DayRule.EXCEPTION:
        usual = calendar.week.get(day.weekday(), ())
        return "closed" if not hours else ("open" if hours == usual else "special" if usual else "make_up")
    return "open" if hours else "week"
