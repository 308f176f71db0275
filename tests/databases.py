"""Databases for tests: made once by the real migrations, then copied for each test, which commits for real.

A copy of a PostgreSQL database takes about as long as emptying its tables (30 to 50 ms), and may hold a province.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

Fill = Callable[[str], None]
"Given the URL of a database, brings it into the state that a template keeps."


class SqliteDatabases:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)

    def template(self, name: str, base: str | None, fill: Fill) -> None:
        path = self.folder / f"{name}.sqlite3"
        if base:
            shutil.copyfile(self.folder / f"{base}.sqlite3", path)
        fill(f"sqlite:///{path}")

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        path = self.folder / f"copy-{next(self.numbers)}.sqlite3"
        shutil.copyfile(self.folder / f"{name}.sqlite3", path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for ending in ("", "-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)


class PostgresqlDatabases:
    """Databases of a server, all of them with a prefix of our own."""

    def __init__(self, server: str) -> None:
        self.server = make_url(server).set(drivername="postgresql")
        self.prefix = f"duijie_test_{uuid4().hex[:12]}"
        self.numbers = count(1)
        self.templates: list[str] = []
        self.connection = psycopg.connect(self.server.render_as_string(hide_password=False), autocommit=True)

    def template(self, name: str, base: str | None, fill: Fill) -> None:
        database = self._create(name, base)
        try:
            fill(self._url(database))
        except BaseException:
            self._drop(database)
            raise
        self.templates.append(database)

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        database = self._create(f"copy_{next(self.numbers)}", name)
        try:
            yield self._url(database)
        finally:
            self._drop(database)

    def close(self) -> None:
        for database in self.templates:
            self._drop(database)
        self.connection.close()

    def _create(self, name: str, base: str | None) -> str:
        database = f"{self.prefix}_{name}"
        # a copy of the files is twice as fast as one through the write-ahead log
        template = (
            SQL("TEMPLATE {} STRATEGY FILE_COPY").format(Identifier(f"{self.prefix}_{base}")) if base else SQL("")
        )
        self.connection.execute(SQL("CREATE DATABASE {} {}").format(Identifier(database), template))
        return database

    def _drop(self, database: str) -> None:
        self.connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database)))

    def _url(self, database: str) -> str:
        return self.server.set(drivername="postgresql+psycopg", database=database).render_as_string(hide_password=False)
