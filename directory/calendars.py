"""The working calendar of each unit: its own hours and dated exceptions over those of the province."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from directory.days import CalendarDay, CalendarYear, DayKind, Recount, YearState
from directory.edition import Kept, kept
from directory.hours import Openings, read_day, read_week
from directory.models import Unit
from directory.upkeep import DutyShift
from directory.working_time import CHINA, KNOWN_UNTIL, WorkingCalendar

TIMEZONE = "timezone"
"Key of `Session.info` under which an installation keeps its time zone, a ZoneInfo."

_LOADED, _ASKED = "calendars", "recounts"
_KEPT = 2_000
"calendars kept in the process, so that each day is worked out once"


class _Day(NamedTuple):
    day: date
    kind: DayKind
    hours: str
    remark: str


class _Loaded(NamedTuple):
    """What was read of the days; `units` grows, and `made`, so that nobody compares all days for each limit."""

    known_until: date
    common: tuple[_Day, ...]
    units: dict[str, tuple[str, tuple[_Day, ...]]]
    made: dict[tuple[str, ZoneInfo], WorkingCalendar]


def calendar_of(session: Session, unit_code: str) -> WorkingCalendar:
    """The calendar in which `unit_code` works; that of the province for "" and for a unit without hours of its own."""
    loaded, asked = _loaded(session), (unit_code, session.info.get(TIMEZONE, CHINA))
    if (calendar := loaded.made.get(asked)) is None:
        load_calendars(session, [unit_code] if unit_code else [])
        hours, own = loaded.units.get(unit_code, ("", ()))
        calendar = _made(asked[1], hours, loaded.common, own, loaded.known_until)
        if not unit_code or unit_code in loaded.units:
            loaded.made[asked] = calendar
    return calendar


def calendar_with_duty(session: Session, unit_code: str, since: datetime) -> WorkingCalendar:
    """The same, with the unit's duty shifts from `since` on as further working time."""
    calendar = calendar_of(session, unit_code)
    shifts = select(DutyShift.begins_at, DutyShift.ends_at).where(
        DutyShift.unit_code == unit_code, DutyShift.ends_at > since
    )
    on_duty = [(begins, ends) for begins, ends in session.execute(shifts)]
    return calendar.with_shifts(on_duty) if on_duty else calendar


def load_calendars(session: Session, unit_codes: Collection[str]) -> _Loaded:
    """Read what the calendars of these units need, with two statements at most, unless it was in this transaction."""
    loaded = _loaded(session)
    if missing := {code for code in unit_codes if code not in loaded.units}:
        loaded.units.update(_of_units(session, missing))
    return loaded


def forget_calendars(session: Session) -> None:
    """After a change within the transaction."""
    session.info.pop(_LOADED, None)


def count_anew(session: Session, unit_code: str | None, cause: str, at: datetime) -> None:
    """Ask, once a transaction, that limits which run at this unit (at every one) are counted anew; shown as `cause`."""
    forget_calendars(session)
    transaction, units = session.info.get(_ASKED, (None, frozenset()))
    if transaction is None or transaction is not session.get_transaction():
        units = frozenset()
    if unit_code not in units:
        session.info[_ASKED] = session.get_transaction(), units | {unit_code}
        session.add(Recount(unit_code=unit_code, cause=cause[:120], asked_at=at))
        session.flush()


def open_at(session: Session, at: datetime, unit_codes: Collection[str] = ()) -> Callable[[str], bool]:
    """Whether the unit of a code is at work at that instant; `unit_codes` are read together."""
    load_calendars(session, unit_codes)
    return lambda unit_code: calendar_of(session, unit_code).is_open(at)


def known_until(years: Iterable[int]) -> date:
    """The last day whose statutory days are known: of the package, or of a year signed off that follows on it."""
    last, signed = KNOWN_UNTIL.year, set(years)
    while last + 1 in signed:
        last += 1
    return date(last, 12, 31)


def _loaded(session: Session) -> _Loaded:
    """Read once a transaction, and not again while the directory has no newer edition."""
    if not session.in_transaction():
        session.begin()
    transaction, loaded = session.info.get(_LOADED, (None, None))
    if transaction is None or transaction is not session.get_transaction():
        loaded = _kept(kept(session), session)
        session.info[_LOADED] = session.get_transaction(), loaded
    return cast(_Loaded, loaded)


def _kept(edition: Kept, session: Session) -> _Loaded:
    return cast(_Loaded, edition.hours.get(_LOADED) or edition.remember(edition.hours, _LOADED, _read(session)))


def _read(session: Session) -> _Loaded:
    years = select(CalendarYear.year).where(CalendarYear.state == YearState.IN_FORCE)
    known = known_until(session.scalars(years))
    common = tuple(_Day(*row) for row in session.execute(_columns().where(CalendarDay.unit_code.is_(None))))
    return _Loaded(known, common, {}, {})


def _of_units(session: Session, codes: Collection[str]) -> dict[str, tuple[str, tuple[_Day, ...]]]:
    """Of the units there are: one that comes later is not taken for one without hours of its own."""
    asked = {"codes": list(codes)}
    hours = dict(session.execute(_HOURS, asked).all())
    own: dict[str, list[_Day]] = {code: [] for code in hours}
    for day in session.execute(_OWN_DAYS, asked):
        own[day.unit_code].append(_Day(*day[:4]))
    return {code: (hours[code], tuple(sorted(days))) for code, days in own.items()}


def _columns() -> Select[date, DayKind, str, str]:
    return select(CalendarDay.day, CalendarDay.kind, CalendarDay.hours, CalendarDay.remark).order_by(CalendarDay.day)


_CODES: BindParameter[Any] = bindparam("codes", expanding=True)
_HOURS = select(Unit.code, Unit.hours).where(Unit.code.in_(_CODES))
_OWN_DAYS = _columns().add_columns(CalendarDay.unit_code).where(CalendarDay.unit_code.in_(_CODES))


@lru_cache(_KEPT)
def _made(zone: ZoneInfo, hours: str, common: tuple[_Day, ...], own: tuple[_Day, ...], known: date) -> WorkingCalendar:
    weekly = read_week(hours)
    week = {number: openings for number, openings in enumerate(weekly.days) if openings}
    made_up = next((week[number] for number in range(5) if number in week), ())
    exceptions = {day.day: _openings(day, made_up) for day in (*common, *own)}
    remarks = {day.day: day.remark for day in (*common, *own)}
    return WorkingCalendar(week, exceptions, zone, known, holiday=weekly.holiday, remarks=remarks)


def _openings(day: _Day, made_up: Openings) -> Openings:
    if day.kind is DayKind.SPECIAL:
        return read_day(day.hours)
    return made_up if day.kind is DayKind.OPEN else ()
