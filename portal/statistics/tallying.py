"""Counting in the background: the worker reads on in the histories and counts the days that changed, each by itself."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, sessionmaker

from portal.statistics.changed import mark_days
from portal.statistics.models import CountedDay
from portal.statistics.rebuilding import Command, command_now, count_day

DAYS_AT_A_TIME = 40
"A round of the worker counts no more days than this, so that the ladder does not wait."


def tally(
    sessions: "sessionmaker[Session]",
    at: datetime,
    *,
    most: int = DAYS_AT_A_TIME,
    alive: Callable[[], None] = lambda: None,
) -> int:
    """Count what has changed; how many days were counted. A day that another worker counts just now is left to it."""
    with closing(sessions()) as session:
        while mark_days(session, at):
            session.commit()
            alive()
        session.commit()
        if session.scalar(_uncounted().limit(1)) is None:
            return 0
        command = command_now(session)
        session.commit()
        counted = 0
        while counted < most and _count_one(session, command, at):
            counted += 1
            alive()
        return counted


def tally_all(sessions: "sessionmaker[Session]", at: datetime) -> int:
    """Count until nothing is left to be counted."""
    counted = 0
    while number := tally(sessions, at):
        counted += number
    return counted


def _count_one(session: Session, command: Command, at: datetime) -> bool:
    day = session.scalar(_uncounted().limit(1).with_for_update(skip_locked=True))
    if day is not None:
        count_day(session, day, command)
        session.get_one(CountedDay, day).counted_at = at
    session.commit()
    session.expunge_all()
    return day is not None


def _uncounted() -> Select[date]:
    """The days to be counted, the newest first."""
    return select(CountedDay.day).where(CountedDay.counted_at.is_(None)).order_by(CountedDay.day.desc())
