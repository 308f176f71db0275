"""Where the public can go: what is told of a unit is its name, district, address, public phone and hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from directory.calendars import calendar_of, load_calendars
from directory.lookup import find
from directory.models import Locality, LocalityLevel
from directory.working_time import NeverOpenError, Stretch, WorkingCalendar
from portal.guide.queries import districts, names_of, of_codes, of_district

MOST_FOUND, MOST_OF_DISTRICT = 30, 200
WITHOUT_WINDOW = 30
"So many corps and detachments may be among what is found, which the public is not shown."


@dataclass(frozen=True)
class Place:
    """A hall or a station as the public sees it. Whatever is not a field here, the public does not see."""

    name: str
    kind: str
    district: str
    address: str
    phone: str
    open_now: bool
    until: datetime | None
    "when that changes; None: not known"
    today: tuple[Stretch, ...]


def found(session: Session, words: str, at: datetime) -> list[Place]:
    """Those that are meant by a name, a part of an address or a district, or by their pinyin; by nothing else."""
    codes = [hit.unit_code for hit in find(session, words, MOST_FOUND + WITHOUT_WINDOW, public=True)]
    rows = {row.code: row for row in session.execute(of_codes(codes, _today(session, at)))}
    return _places(session, [rows[code] for code in codes if code in rows][:MOST_FOUND], at)


def in_district(session: Session, code: str, at: datetime) -> list[Place]:
    """The halls and stations of a county."""
    return _places(session, session.execute(of_district(code, _today(session, at), MOST_OF_DISTRICT)).all(), at)


def book(session: Session) -> list[tuple[Locality, list[Locality]]]:
    """Each prefecture with its counties, for browsing."""
    counties = session.scalars(districts(LocalityLevel.COUNTY)).all()
    prefectures = session.scalars(districts(LocalityLevel.PREFECTURE)).all()
    return [(one, [each for each in counties if each.parent_code == one.code]) for one in prefectures]


def _places(session: Session, rows: Iterable[Any], at: datetime) -> list[Place]:
    rows = list(rows)
    load_calendars(session, [row.code for row in rows])
    names = names_of(session, {row.locality_code[:digits] for row in rows for digits in (4, 6)})
    return [_place(row, names, calendar_of(session, row.code), at) for row in rows]


def _place(row: Any, names: Any, calendar: WorkingCalendar, at: datetime) -> Place:
    above = dict.fromkeys(names.get(row.locality_code[:digits], "") for digits in (4, 6))
    today = calendar.openings(at.astimezone(calendar.tz).date())
    closing = next((ends for begins, ends in today if begins <= at < ends), None)
    return Place(
        name=row.name,
        kind=str(row.kind),
        district=" ".join(name for name in above if name),
        address=row.address,
        phone=row.public_phone,
        open_now=closing is not None,
        until=closing or _opens(calendar, at),
        today=today,
    )


def _opens(calendar: WorkingCalendar, at: datetime) -> datetime | None:
    try:
        return calendar.next_opening(at)
    except NeverOpenError:
        return None


def _today(session: Session, at: datetime) -> Any:
    return at.astimezone(calendar_of(session, "").tz).date()
