"""A PostgreSQL server is asked in few journeys: what only reads begins no transaction, no connection is tried first."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from select import POLLIN, poll
from time import monotonic
from typing import Any

from flask import has_request_context, request
from psycopg import Connection as Driver
from psycopg import Error
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READING = "reading"
"Key of a session's `info`: the engine of those who only read. Option of its connections."
PREPARED_AFTER = 2
"How often a connection is asked a statement before it is prepared there: a list takes longer to plan than to read."
PLANNING = ("SET random_page_cost = 1.1", "SET jit = off")
"""For a database in memory or on a disk without arms: with PostgreSQL's own figure, made for disks that turn, it reads
whole tables rather than thirty rows by their keys. To compile a statement takes longer than any page of ours asks."""
ONCE, AS_IT_GUESSES = "SET plan_cache_mode = force_generic_plan", "RESET plan_cache_mode"
PREPARED_AT_MOST = 400
"Statements that a connection to PostgreSQL keeps prepared: more than the portal has."
WROTE = "wrote"
"Key of a connection's `info`: whether this transaction did anything but SELECT."
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


@contextmanager
def sent_ahead(session: Session) -> Iterator[None]:
    """What is written within by the many is sent to PostgreSQL without waiting for an answer: both work at once.

    Nothing may be asked within, nor committed. What failed is raised by what is written next, at the end at the latest.
    SQLite is no journey away.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except Error as fault:
        raise DBAPIError.instance(None, None, fault, Error, dialect=connection.dialect) from fault


@contextmanager
def planned_once(session: Session) -> Iterator[None]:
    """What is asked within is planned for whatever values it will have, once for each connection to PostgreSQL.

    Left to itself it plans a statement anew for the values of each time where it guesses that to be cheaper: for a long
    statement whose every part is read off an index that takes longer than to carry it out.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute(ONCE)
    try:
        yield
    except BaseException:
        connection.invalidate()  # nobody else is to be planned for so
        raise
    driver.execute(AS_IT_GUESSES)


def for_reading(engine: Engine) -> Engine | None:
    """The same, for those who only read. None on SQLite: there a transaction is no journey, and reads one state."""
    if engine.dialect.name != "postgresql":
        return None
    return engine.execution_options(isolation_level="AUTOCOMMIT", **{READING: True})


def keep_prepared(engine: Engine) -> None:
    """PostgreSQL: a transaction in which nothing was written ends with COMMIT where it would with ROLLBACK.

    It is the same to the database; but psycopg forgets with each ROLLBACK what it prepared, and every page that only
    reads would have each of its statements planned anew, which takes longer than to carry it out.
    """
    if engine.dialect.name != "postgresql":
        return
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _wrote_nothing)
    event.listen(engine, "before_cursor_execute", _look_at)
    event.listen(engine, "rollback", _commit_what_only_read)


def _prepare(driver: Driver[Any], _entry: ConnectionPoolEntry) -> None:
    driver.prepare_threshold, driver.prepared_max = PREPARED_AFTER, PREPARED_AT_MOST
    for setting in PLANNING:
        driver.execute(setting)
    driver.commit()


def _wrote_nothing(connection: Connection) -> None:
    connection.info[WROTE] = False


def _look_at(connection: Connection, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
    if context is None or context.compiled is None or not context.compiled.statement.is_select:
        connection.info[WROTE] = True


def _commit_what_only_read(connection: Connection) -> None:
    if connection.invalidated or connection.info.get(WROTE, True):
        return
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status.name == "INTRANS":
        driver.commit()


def look_before_use(engine: Engine) -> None:
    """Have its connections be looked at before they are used."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _make_sure)


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
