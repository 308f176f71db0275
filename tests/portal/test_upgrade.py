"""A database of the first schema, with a row in every table, comes to the newest one by `portal migrate`; all of it stays."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, MetaData, Table, event, insert, select

from portal.cipher import cipher
from portal.extensions import alembic, db
from portal.privacy.encrypted import ENCRYPTED
from tests.bench.first_schema import filled
from tests.clients import Runner
from tests.conftest import EMPTY, Templates, make_settings, running

FIRST = "0001"


@pytest.fixture
def first(database: str, templates: Templates, tmp_path: Path) -> Iterator[Flask]:
    """At the first schema, without a row."""
    with templates.copy(database, EMPTY) as url, running(make_settings(_emptied(url, tmp_path), tmp_path / "instance")) as app:
        with app.app_context():
            alembic.upgrade(FIRST)  # the end of the context gives its connection back
        yield app


def _emptied(url: str, folder: Path) -> str:
    if url.startswith("sqlite"):
        return f"sqlite:///{folder / 'first.sqlite3'}"
    with closing(psycopg.connect(url.replace("+psycopg", ""), autocommit=True)) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


def reflected(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def rows(connection: Connection, tables: dict[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
    """What these columns of each table hold."""
    there = reflected(connection).tables
    return {name: [dict(row._mapping) for row in connection.execute(select(*(there[name].c[each] for each in columns)))]
            for name, columns in tables.items()}  # fmt: skip


def test_every_row_of_the_first_schema_is_there_in_the_newest(first: Flask) -> None:
    runner = first.test_cli_runner()
    assert isinstance(runner, Runner)
    with first.app_context(), db.engine.begin() as connection:
        tables = [table for table in reflected(connection).sorted_tables if table.name != "alembic_version"]
        for table in tables:
            connection.execute(insert(table).values({**filled(table), **encrypted(table)}))
        columns = {table.name: [column.name for column in table.c] for table in tables}
        before = rows(connection, columns)
    assert len(tables) >= 15
    assert all(len(held) == 1 for held in before.values())
    assert runner("portal", "migrate", "--check").exit_code == 1
    commits: list[Connection] = []
    with first.app_context():
        event.listen(db.engine, "commit", commits.append)
    done = runner("portal", "migrate")
    assert done.exit_code == 0, done.stderr
    assert len(commits) >= 20, "each migration is a transaction of its own: no lock is held until the last one"
    assert runner("portal", "migrate", "--check").exit_code == 0
    with first.app_context(), db.engine.begin() as connection:
        still = still_there(connection, columns)
        kept = {name: [{key: row[key] for key in still[name]} for row in held] for name, held in before.items()}
        assert rows(connection, still) == kept


def encrypted(table: Table) -> dict[str, bytes]:
    """What the key of these settings opens: no key is taken for a database that it does not open."""
    there = {one.column.key: cipher().encrypt_bytes(b"kept", one.purpose(None)) for one in ENCRYPTED
             if one.column.class_.__tablename__ == table.name}  # fmt: skip
    return {name: value for name, value in there.items() if name in table.c}


def still_there(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns of the first schema that no migration took away; every table must be one of them."""
    now: dict[str, Table] = dict(reflected(connection).tables)
    return {name: [each for each in known if each in now[name].c] for name, known in columns.items()}
