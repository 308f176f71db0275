"""Each kind of database copied into one file, as it was at one instant, and filled from it.

SQLite's own online backup, PostgreSQL's own pg_dump and pg_restore: nobody waits, and what they write others can read.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, Table, func, inspect, make_url, select, text

from directory.base import Model
from portal.errors import Refused


class Store(Protocol):
    """One kind of database."""

    file: str
    "the name of the copy in a backup"

    def save(self, target: Path) -> dict[str, int]:
        """Write the copy; the rows of each table at that instant."""

    def load(self, source: Path) -> None:
        """Fill an empty database from the copy."""


class SqliteStore:
    """The file itself, without its journal."""

    file = "database.sqlite3"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def save(self, target: Path) -> dict[str, int]:
        """In one step, so a writer in between does not begin it anew; readers and writers of the file go on."""
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
            faults = copy.execute("PRAGMA quick_check").fetchall()
            if faults != [("ok",)]:
                raise Refused(f"the database is damaged: {faults[0][0]}")
            there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return {table.name: copy.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]  # noqa: S608  ours
                    for table in tables() if table.name in there}  # fmt: skip

    def load(self, source: Path) -> None:
        self.engine.dispose()
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(self._path)) as target:
            copy.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=WAL")

    @property
    def _path(self) -> str:
        return str(self.engine.url.database)


class PostgresqlStore:
    """pg_dump's custom format, of the very snapshot in which the rows are counted."""

    file = "database.dump"

    def __init__(self, engine: Engine, programs: Path | None) -> None:
        self.engine, self.programs = engine, programs

    def save(self, target: Path) -> dict[str, int]:
        with self._snapshot() as (connection, snapshot):
            self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                      f"--file={target}")  # fmt: skip
            return rows_of(connection)

    def load(self, source: Path) -> None:
        self.engine.dispose()
        self._run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                  f"--dbname={self.engine.url.database}", str(source))  # fmt: skip

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[Connection, str]]:
        isolated = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**isolated) as connection:
            yield connection, connection.scalar(text("SELECT pg_export_snapshot()")) or ""

    def _run(self, name: str, *options: str) -> None:
        """The program's own words where it fails; where and as whom it connects stands in the environment."""
        program = shutil.which(name, path=str(self.programs) if self.programs else None)
        if program is None:
            raise Refused(f"{name} is not here: install PostgreSQL's client programs (Debian: postgresql-client), "
                          "or say with PORTAL_POSTGRESQL_BIN in which folder they are")  # fmt: skip
        ended = subprocess.run(  # noqa: S603  PostgreSQL's own program, no shell
            [program, *options], env=_environ(self.engine.url), capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise Refused(f"{name} failed: {ended.stderr.strip() or ended.returncode}")


def store_of(engine: Engine, programs: Path | None = None) -> Store:
    """The store for a database."""
    return SqliteStore(engine) if engine.dialect.name == "sqlite" else PostgresqlStore(engine, programs)


def tables() -> Sequence[Table]:
    """Every table of the portal, those first to which others refer."""
    return Model.metadata.sorted_tables


def rows_of(connection: Connection) -> dict[str, int]:
    """How many rows each table has; the database of an older version may not have all of them yet."""
    there = set(inspect(connection).get_table_names())
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables() if table.name in there}  # fmt: skip


def is_empty(engine: Engine) -> bool:
    """Whether there is no table yet, of ours or of anybody."""
    return not inspect(engine).get_table_names()


def revision_of(connection: Connection) -> str:
    """The newest migration of a database; empty where there was none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def _environ(url: URL) -> dict[str, str]:
    """What libpq reads: a password among the arguments would stand in every list of processes."""
    plain = make_url(url)
    given = {"PGHOST": plain.host, "PGPORT": plain.port, "PGUSER": plain.username, "PGPASSWORD": plain.password,
             "PGDATABASE": plain.database}  # fmt: skip
    query = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "host": "PGHOST"}
    others = {query[name]: value for name, value in plain.query.items() if name in query and isinstance(value, str)}
    return {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}, **others}
