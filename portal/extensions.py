"""The Flask extensions, and how the two databases are made to behave alike."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_request_context, request
from flask_alembic import Alembic
from flask_babel import Babel
from flask_login import LoginManager
from flask_mail import Mail
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, event

from directory.base import Model

PRAGMAS = ("journal_mode=WAL", "busy_timeout=15000", "foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON")
"The last one: what is purged is overwritten in the file, not only forgotten."
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

db = SQLAlchemy(session_options={"autoflush": False})
alembic = Alembic(metadatas=Model.metadata, run_mkdir=False)
babel = Babel()
csrf = CSRFProtect()
login = LoginManager()
mail = Mail()


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
def foreign_keys_aside(engine: Engine) -> Iterator[None]:
    """While migrations run. On SQLite they make a table anew, and with foreign keys on, what belongs to its rows goes.

    Afterwards every reference is looked at; RuntimeError names the first that leads nowhere.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    engine.dispose()
    event.listen(engine, "connect", _without_foreign_keys)
    try:
        yield
        with engine.connect().execution_options(read_only=True) as connection:
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError(f"row {broken[1]} of {broken[0]} refers to a row of {broken[2]} that is not there")
    finally:
        event.remove(engine, "connect", _without_foreign_keys)
        engine.dispose()


def _without_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def statement_by_statement(engine: Engine) -> Connection:
    """A connection on which each statement is a transaction of its own: one journey to the database instead of three.

    Not SQLAlchemy's AUTOCOMMIT on SQLite: it would give the driver its own transactions back when the connection is.
    """
    alone = {"own_transactions": False} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    return engine.connect().execution_options(**alone)


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("own_transactions", True):
        return
    reading_request = has_request_context() and request.method in SAFE
    only_reads = connection.get_execution_options().get("read_only", reading_request)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
