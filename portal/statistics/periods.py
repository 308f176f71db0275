"""The periods that one may choose, and the one before with which each is compared."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
LONGEST = 366 * 3
"Days; a longer one asks for more than a page can show."


class Choice(StrEnum):
    """Which period, as the address says it."""

    MONTH = "month"
    LAST_MONTH = "last-month"
    DAYS_30 = "30-days"
    DAYS_90 = "90-days"
    YEAR = "year"
    OWN = "own"


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


def chosen(choice: Choice, today: date) -> Period:
    """The period of a choice that needs no days given."""
    first = today.replace(day=1)
    if choice is Choice.LAST_MONTH:
        return month_of(first - DAY)
    if choice is Choice.YEAR:
        return Period(today.replace(month=1, day=1), today)
    if choice in {Choice.DAYS_30, Choice.DAYS_90}:
        return Period(today - (int(choice[:2]) - 1) * DAY, today)
    return Period(first, today)


def before(choice: Choice, period: Period) -> Period:
    """Of a month, the same days of the month before (all of it, for a whole one); of a year, those of the last year.

    Else as many days, directly before.
    """
    if choice is Choice.YEAR:
        return Period(_moved(period.since, years=1), _moved(period.until, years=1))
    if choice in {Choice.MONTH, Choice.LAST_MONTH}:
        last = month_of(period.since - DAY)
        whole = period == month_of(period.since)
        return last if whole else Period(last.since, min(last.until, last.since + (period.days - 1) * DAY))
    return Period(period.since - period.days * DAY, period.since - DAY)


def month_of(day: date) -> Period:
    """The whole month of a day."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def months_until(day: date, number: int) -> list[date]:
    """The first days of so many months, the last that of `day`."""
    last = day.year * 12 + day.month - 1
    return [date(*_month(n)) for n in range(last - number + 1, last + 1)]


def _month(number: int) -> tuple[int, int, int]:
    year, month = divmod(number, 12)
    return year, month + 1, 1


def _moved(day: date, years: int) -> date:
    year = day.year - years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
