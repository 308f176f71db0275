"""Changing working time: a unit's hours, dated exceptions, a whole year. Each asks for the running limits to be counted
anew, in the same transaction. Nothing here commits."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from directory.calendars import count_anew
from directory.days import CalendarDay, CalendarYear, DayKind, YearState
from directory.entries import Fault, WrongFieldsError
from directory.history import By, note, note_fields
from directory.hours import HoursError, WeeklyHours, read_day, show_day, show_week
from directory.models import Unit
from directory.sheets.grid import UnreadableError
from directory.sheets.reading import read_sheets
from directory.upkeep import Deed
from directory.year_sheet import LONGEST_REMARK, YearDay, YearSheet, read_year

DAYS_AHEAD, DAYS_BACK = 1_100, 400
"how far from today a unit's own exception may lie"


class YearStateError(ValueError):
    """A year that was signed off or dropped already."""


def change_hours(session: Session, unit: Unit, hours: WeeklyHours, at: datetime, by: By, why: str = "") -> bool:
    """Give a unit hours of its own, or the province's; whether they are others than before.

    WrongFieldsError if it would never open.
    """
    if not any(hours.days):
        raise WrongFieldsError({"days": Fault.MISSING})
    if not note_fields(session, unit, {"hours": show_week(hours)}, at, by, why):
        return False
    count_anew(session, unit.code, unit.name, at)
    return True


def set_day(session: Session, unit: Unit, one: YearDay, at: datetime, by: By) -> CalendarDay:
    """A dated exception of one unit; another one for the same day is replaced. WrongFieldsError."""
    if not -DAYS_BACK <= (one.day - at.date()).days <= DAYS_AHEAD:
        raise WrongFieldsError({"day": Fault.TOO_FAR})
    if len(one.remark) > LONGEST_REMARK:
        raise WrongFieldsError({"remark": Fault.TOO_LONG})
    found = session.scalar(days_of(unit.code).where(CalendarDay.day == one.day))
    before = shown(found) if found else ""
    made = found or CalendarDay(unit_code=unit.code, day=one.day)
    made.kind, made.hours, made.remark = one.kind, _hours_of(one), one.remark
    session.add(made)
    if before != shown(made):
        note(session, unit, Deed.CHANGED, at, by, field="day", before=before, after=shown(made))
        count_anew(session, unit.code, unit.name, at)
    return made


def remove_day(session: Session, unit: Unit, one: CalendarDay, at: datetime, by: By) -> None:
    """Take a unit's exception back."""
    note(session, unit, Deed.CHANGED, at, by, field="day", before=shown(one))
    session.delete(one)
    count_anew(session, unit.code, unit.name, at)


def shown(one: CalendarDay | YearDay) -> str:
    """As the history keeps an exception."""
    return " ".join(part for part in (one.day.isoformat(), one.kind.value, one.hours, one.remark) if part)


def days_of(unit_code: str | None) -> Select[CalendarDay]:
    """The dated exceptions of a unit, or of the province, in order."""
    own = CalendarDay.unit_code.is_(None) if unit_code is None else CalendarDay.unit_code == unit_code
    return select(CalendarDay).where(own).order_by(CalendarDay.day)


# A year of the province


def read_year_file(content: bytes, name: str = "") -> YearSheet:
    """The days of a file; `sheets.grid.UnreadableError` if it is no sheet."""
    return read_year(read_sheets(content, name)[0])


def as_text(days: Sequence[YearDay]) -> str:
    """The file that is read as these days."""
    lines = [f"{one.day},{one.kind.value},{one.hours},{one.remark.replace(',', ' ')}" for one in days]
    return "\n".join(["date,kind,hours,remark", *lines, ""])


def give_year(session: Session, sheet: YearSheet, file: str, at: datetime, by: By) -> CalendarYear:
    """Keep a year that can be read whole; nothing is in force before it is signed off."""
    if sheet.wrong:
        raise YearStateError("lines that cannot be read are corrected in the file first")
    made = CalendarYear(
        year=sheet.year, state=YearState.PLANNED, file=file[:200], content=as_text(sheet.days), given_at=at,
        given_by=by.name[:120],
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def days_given(year: CalendarYear) -> tuple[YearDay, ...]:
    try:
        return read_year_file(year.content.encode(), "year.csv").days
    except UnreadableError:
        return ()


def days_in_force(session: Session, year: int) -> list[YearDay]:
    """The province's exceptions of a year as they are."""
    listed = days_of(None).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
    return [YearDay(one.day, one.kind, one.hours, one.remark) for one in session.scalars(listed)]


def sign_off(session: Session, year: CalendarYear, at: datetime, by: By) -> None:
    """Put the days of a year in force instead of those it had. YearStateError if that was decided already."""
    if year.state is not YearState.PLANNED:
        raise YearStateError(year.state)
    first, last = date(year.year, 1, 1), date(year.year, 12, 31)
    old = delete(CalendarDay).where(CalendarDay.unit_code.is_(None), CalendarDay.day.between(first, last))
    session.execute(old.execution_options(synchronize_session=False))
    session.add_all(
        CalendarDay(day=one.day, kind=one.kind, hours=one.hours, remark=one.remark) for one in days_given(year)
    )
    year.state, year.signed_at, year.signed_by = YearState.IN_FORCE, at, by.name[:120]
    count_anew(session, None, str(year.year), at)


def drop_year(year: CalendarYear, at: datetime, by: By) -> None:
    """Decide against a year that was given in."""
    if year.state is not YearState.PLANNED:
        raise YearStateError(year.state)
    year.state, year.signed_at, year.signed_by = YearState.DROPPED, at, by.name[:120]


def _hours_of(one: YearDay) -> str:
    if one.kind is not DayKind.SPECIAL:
        return ""
    try:
        openings = read_day(one.hours)
    except HoursError as error:
        raise WrongFieldsError({"hours": Fault.NO_HOURS}) from error
    if not openings:
        raise WrongFieldsError({"hours": Fault.NO_HOURS})
    return show_day(openings)
