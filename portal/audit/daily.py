"""What the worker does for the log: its head into the file outside the database once a day; what is too old, away."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from portal.audit.models import HEAD
from portal.audit.pruning import prune
from portal.audit.queries import mark
from portal.audit.seals import FILE, Seal, add_seal, read_seals
from portal.config import Settings


def seals_file(settings: Settings) -> Path:
    return settings.instance / FILE


def seal_day(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> bool:
    """Write the head of the chain into the file, once a day; whether it was. BadSeals where the file was damaged."""
    with closing(sessions()) as session:
        head = session.scalar(mark(HEAD))
    if head is None:
        return False
    day = at.astimezone(settings.timezone).date()
    return add_seal(seals_file(settings), Seal(day, head.serial, head.hash))


def prune_log(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> int:
    """Take away what is older than the retention time; answers how many."""
    with closing(sessions()) as session:
        gone = prune(session, read_seals(seals_file(settings)), at - settings.retention.audit, at)
        session.commit()
    return gone


class DailyKeeping:
    """Both, as a part of the worker's round; the file is looked at only when the day has changed."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None

    def keep(self, settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if self.next_at is not None and at < self.next_at:
            return
        if seal_day(settings, sessions, at):
            prune_log(settings, sessions, at)
        self.next_at = at + timedelta(minutes=10)
