"""How the portal is, part by part: what each check asks the database and the disk, and its answer in words."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from portal.cipher import Undecipherable, cipher
from portal.config import Settings
from portal.health.queries import LADDER, LOOPS, MAIL, SILENT_AFTER, WEBHOOKS, last_beats
from portal.health.state import Disk, Waiting, ill_calendar, ill_disk, ill_outbox, silent_loops
from portal.mail.queries import last_sent, waiting_since
from portal.privacy.fitting import misfit
from portal.schema import Standing, schema_now
from portal.tickets.citizens import NAME
from portal.tickets.models import Citizen

NO_DATABASE = "the database does not answer"
STANDS_STILL = {LADDER: "no worker climbs the ladder", MAIL: "no worker sends mail",
                WEBHOOKS: "no worker tells other systems"}  # fmt: skip


def readiness(session: Session, settings: Settings, at: datetime) -> dict[str, str]:
    """By the name of each check: why it is ill, or nothing."""
    asked: dict[str, Callable[[], str]] = {
        "database": partial(_database, session),
        "migrations": _migrations,
        "keys": lambda: misfit(session, settings) or ill_keys(session),
        "worker": lambda: "; ".join(STANDS_STILL[loop] for loop in silent(session, at)),
        "outbox": lambda: ill_outbox(waiting(session, at), at),
        "disk": lambda: ill_disk(disk_of(settings.instance)),
        "calendar": lambda: ill_calendar(calendar_of(session, "").known_until, at.astimezone(settings.timezone).date()),
    }
    return {name: _asked(session, check) for name, check in asked.items()}


def silent(session: Session, at: datetime, loops: Sequence[str] = LOOPS) -> list[str]:
    """The loops round which no worker goes."""
    return silent_loops(dict(session.execute(last_beats()).all()), loops, at, SILENT_AFTER)


def waiting(session: Session, at: datetime) -> Waiting:
    """How the outbox gets on."""
    return Waiting(session.scalar(waiting_since(at)), session.scalar(last_sent()))


def ill_keys(session: Session) -> str:
    """The newest citizen's name is deciphered: with another key each would write what the other cannot read."""
    there = select(Citizen.name_cipher).where(Citizen.name_cipher != b"").order_by(Citizen.id.desc()).limit(1)
    newest = session.scalar(there)
    try:
        if newest:
            cipher().decrypt_bytes(newest, NAME)
    except Undecipherable as error:
        return f"the data key is not the one with which citizens were encrypted: {error}"
    return ""


def disk_of(folder: Path) -> Disk:
    """Of a file system that may be full, read-only, or gone."""
    try:
        told = os.statvfs(folder)
    except OSError:
        return Disk(0, writable=False)
    return Disk(told.f_bavail * told.f_frsize, writable=os.access(folder, os.W_OK))


def _asked(session: Session, check: Callable[[], str]) -> str:
    try:
        return check()
    except SQLAlchemyError:
        session.rollback()
        return NO_DATABASE


def _database(session: Session) -> str:
    session.execute(text("SELECT 1"))
    return ""


def _migrations() -> str:
    found = schema_now()
    return "" if found.standing is Standing.AT_HEAD else found.words
