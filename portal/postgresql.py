"""A PostgreSQL server is asked in few journeys: what only reads begins no transaction, no connection is tried first."""

from contextlib import closing
from select import POLLIN, poll
from time import monotonic
from typing import Any

from flask import has_request_context, request
from psycopg import Connection as Driver
from psycopg import Error
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READING = "reading"
"Key of a session's `info`: the engine of those who only read. Option of its connections."
PREPARED_AFTER = 2
"How often a connection is asked a statement before it is prepared there: a list takes longer to plan than to read."
SURE, USED = 10.0, "used at"
"Seconds after its last use in which a connection is only looked at; the key of its `info` that says when that was."


class ReadingFirst(Session):
    """In a request that only reads each statement is alone, until the reading is ended by a rollback or a commit.

    It sees what is committed, as each statement of a transaction does here too.
    """

    def __init__(self, bind: Engine | None = None, **others: Any) -> None:
        reading: Engine | None = (others.get("info") or {}).get(READING)
        reads = reading is not None and has_request_context() and request.method in SAFE
        super().__init__(bind=reading if reads else bind, **others)
        self._whole = bind

    def rollback(self) -> None:
        super().rollback()
        self.bind = self._whole

    def commit(self) -> None:
        super().commit()
        self.bind = self._whole


def whole(session: Session, *, writes: bool = False) -> Session:
    """The same, from here on in one transaction: for a page that is asked with GET and writes, or reads row by row.

    What it holds by now is read anew. `writes`: on SQLite it waits its turn now, not in the middle.
    """
    session.rollback()
    session.connection(execution_options={"read_only": not writes})
    return session


def for_reading(engine: Engine) -> Engine | None:
    """The same, for those who only read. None on SQLite: there a transaction is no journey, and reads one state."""
    if engine.dialect.name != "postgresql":
        return None
    return engine.execution_options(isolation_level="AUTOCOMMIT", **{READING: True})


def look_before_use(engine: Engine) -> None:
    """Have its connections be looked at before they are used, and prepare early."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _prepare_early)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _make_sure)


def _prepare_early(driver: Driver[Any], _entry: ConnectionPoolEntry) -> None:
    driver.prepare_threshold = PREPARED_AFTER


def _note_use(_driver: Driver[Any] | None, entry: ConnectionPoolEntry) -> None:
    entry.info[USED] = monotonic()


def _make_sure(driver: Driver[Any], entry: ConnectionPoolEntry, _proxy: object) -> None:
    """A server that closed a connection has said so on it; one that was long unused is asked besides."""
    used = entry.info.get(USED)
    if used is None or (monotonic() - used < SURE and not _says_something(driver)):
        return
    try:
        with closing(driver.cursor()) as cursor:
            cursor.execute("SELECT 1")
        driver.commit()
    except Error:
        raise InvalidatePoolError from None


def _says_something(driver: Driver[Any]) -> bool:
    ear = poll()
    ear.register(driver.fileno(), POLLIN)
    return bool(ear.poll(0))
