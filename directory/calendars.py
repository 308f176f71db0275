"""The working calendar of each unit."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from directory.working_time import CHINA, WorkingCalendar

TIMEZONE = "timezone"
"Key of `Session.info` under which an installation keeps its time zone, a ZoneInfo."


def calendar_of(session: Session, unit_code: str) -> WorkingCalendar:
    """The calendar in which `unit_code` works: the common one, with China's statutory days."""
    return _common(session.info.get(TIMEZONE, CHINA))


def open_at(session: Session, at: datetime) -> Callable[[str], bool]:
    """Whether the unit of a code is at work at that instant."""
    return lambda unit_code: calendar_of(session, unit_code).is_open(at)


@cache
def _common(zone: ZoneInfo) -> WorkingCalendar:
    """One calendar for the whole process, so that each day is worked out once."""
    return WorkingCalendar(tz=zone)
