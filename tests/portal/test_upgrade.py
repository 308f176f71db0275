"""A database of the first schema, or of a released one, with a row in every table, comes to the newest by `portal migrate`; all of it stays."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, MetaData, Table, event, func, insert, select

from portal.cipher import cipher
from portal.config import ROOT
from portal.extensions import alembic, db
from portal.privacy.encrypted import ENCRYPTED
from portal.schema import schema_now
from tests.bench.first_schema import filled
from tests.clients import Runner
from tests.conftest import EMPTY, Templates, make_settings, running
from tests.released import RELEASED

FIRST = "0001"
NEWEST = max(path.name[:4] for path in (ROOT / "portal" / "migrations").glob("0*.py"))
WITHOUT = {"duplicate", "relation", "key_mark"}
"A row of the first two is of two tickets, and each table has one row here; the last one is written as soon as it is there."


@pytest.fixture(params=[FIRST, *RELEASED.values()])
def older(request: pytest.FixtureRequest, database: str, templates: Templates, tmp_path: Path) -> Iterator[Flask]:
    """At an older schema, without a row but for those that migrations write."""
    newest = request.param == NEWEST
    with templates.copy(database, EMPTY) as copy:
        url = copy if newest else _emptied(copy, tmp_path)
        with running(make_settings(url, tmp_path / "instance")) as app:
            if not newest:
                with app.app_context():
                    alembic.upgrade(request.param)  # the end of the context gives its connection back
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


def test_every_row_of_an_older_schema_is_there_in_the_newest(older: Flask) -> None:
    runner = older.test_cli_runner()
    assert isinstance(runner, Runner)
    with older.app_context():
        steps = sum(1 for _ in alembic.script_directory.iterate_revisions("head", schema_now().at))
    with older.app_context(), db.engine.begin() as connection:
        tables = [table for table in reflected(connection).sorted_tables if table.name not in {"alembic_version", *WITHOUT}]
        for table in tables:
            if connection.scalar(select(func.count()).select_from(table)) == 0:
                connection.execute(insert(table).values({**filled(table), **encrypted(table)}))
        columns = {table.name: [column.name for column in table.c] for table in tables}
        before = rows(connection, columns)
    assert len(tables) >= 15
    assert all(before.values())
    assert runner("portal", "migrate", "--check").exit_code == (1 if steps else 0)
    commits: list[Connection] = []
    with older.app_context():
        event.listen(db.engine, "commit", commits.append)
    done = runner("portal", "migrate")
    assert done.exit_code == 0, done.stderr
    assert len(commits) >= steps, "each migration is a transaction of its own: no lock is held until the last one"
    assert runner("portal", "migrate", "--check").exit_code == 0
    with older.app_context(), db.engine.begin() as connection:
        still = still_there(connection, columns)
        kept = {name: [{key: row[key] for key in still[name]} for row in held] for name, held in before.items()}
        assert rows(connection, still) == kept


def encrypted(table: Table) -> dict[str, bytes]:
    """What the key of these settings opens: no key is taken for a database that it does not open."""
    row = filled(table)
    here = [one for one in ENCRYPTED if one.column.class_.__tablename__ == table.name and one.column.key in table.c]
    facts = {one.column.key: (None, None, *(row[fact.key] for fact in one.facts)) for one in here}
    return {one.column.key: cipher().encrypt_bytes(b"kept", one.purpose(facts[one.column.key])) for one in here}


def still_there(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns of the first schema that no migration took away; every table must be one of them."""
    now: dict[str, Table] = dict(reflected(connection).tables)
    return {name: [each for each in known if each in now[name].c] for name, known in columns.items()}
