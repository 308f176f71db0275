"""The Flask extensions, and how the two databases are made to behave alike."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, cast

from flask import has_request_context, request
from flask_alembic import Alembic
from flask_babel import Babel
from flask_login import LoginManager
from flask_mail import Mail
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from directory.base import Model
from portal.postgresql import SAFE, ReadingFirst

log = logging.getLogger(__name__)

PRAGMAS = (
    "journal_mode=WAL",
    "busy_timeout=15000",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    "secure_delete=ON",
    "cache_size=-5000",
)
"""`secure_delete`: what is purged is overwritten in the file, not only forgotten. `cache_size`: a connection keeps
five million bytes of pages; in the usual two million the counts of a work list read theirs again each time."""


class Migrations(Alembic):
    """On SQLite a migration makes a table anew; with foreign keys on, what belongs to its rows would go too."""

    def run_migrations(self, fn: Any, **kwargs: Any) -> None:
        """However they are asked for: `portal migrate`, `portal start`, `flask db upgrade`, a test."""
        with ExitStack() as aside:
            for context in self.migration_contexts.values():
                aside.enter_context(foreign_keys_aside(cast(Connection, context.connection)))
            super().run_migrations(fn, **kwargs)


db = SQLAlchemy(session_options={"autoflush": False, "class_": ReadingFirst})
alembic = Migrations(metadatas=Model.metadata, run_mkdir=False)
babel = Babel()
csrf = CSRFProtect()
login = LoginManager()
mail = Mail()


def gently(close: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Closes what a request used; that the connection was cut meanwhile takes no answer away that is there already."""

    @wraps(close)
    def closed(error: Any) -> None:
        try:
            close(error)
        except OperationalError as lost:
            log.warning("a connection to the database was lost after its work was done: %s", type(lost.orig).__name__)

    return closed


def behave_like_postgresql(engine: Engine) -> None:
    """SQLite: one writer at a time that waits its turn, readers never block, foreign keys kept.

    The driver's own transactions begin too late (a read-modify-write of two processes loses one), so ours begin
    with BEGIN IMMEDIATE, except in a request that only reads; `execution_options(read_only=…)` says otherwise.
    """
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


@contextmanager
def foreign_keys_aside(connection: Connection) -> Iterator[None]:
    """SQLite keeps no foreign keys on this connection meanwhile; afterwards every reference is looked at.

    What was not committed is taken back. RuntimeError names the first reference that leads nowhere.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    _keep_foreign_keys(connection, "OFF")
    try:
        yield
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError(f"row {broken[1]} of {broken[0]} refers to a row of {broken[2]} that is not there")
    finally:
        _keep_foreign_keys(connection, "ON")


def _keep_foreign_keys(connection: Connection, on_or_off: str) -> None:
    """Within a transaction SQLite passes it over."""
    connection.rollback()
    _told(connection, f"PRAGMA foreign_keys={on_or_off}")


def _told(connection: Connection, sql: str) -> None:
    """To the driver itself, past the engine: what cannot fail, and is said with every page."""
    driver: Any = connection.connection.driver_connection
    driver.execute(sql)


def statement_by_statement(engine: Engine) -> Connection:
    """A connection on which each statement is a transaction of its own: one journey to the database instead of three.

    Not SQLAlchemy's AUTOCOMMIT on SQLite: it would give the driver its own transactions back when the connection is.
    """
    alone = {"own_transactions": False} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    return engine.connect().execution_options(**alone)


@contextmanager
def impatient(engine: Engine) -> Iterator[Connection]:
    """A connection that gives up at once where SQLite would wait for another writer."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            yield connection
            return
        driver = connection.connection.cursor()
        patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            yield connection
        finally:
            driver.execute(f"PRAGMA busy_timeout = {patience}")
            driver.close()


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("own_transactions", True):
        return
    reading_request = has_request_context() and request.method in SAFE
    only_reads = connection.get_execution_options().get("read_only", reading_request)
    if only_reads:
        _told(connection, "BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
