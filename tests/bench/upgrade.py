"""`python -m tests.bench.upgrade 100000`: a database of the first schema with so many tickets comes to the newest, migration by migration.

For each: how long it took, and how long somebody who writes one row at a time had to wait at most.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    create_engine,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import alembic, db
from tests.bench.first_schema import filled
from tests.conftest import make_settings, running
from tests.postgres import FAST, Server

EACH = {"ticket": 1, "citizen": 1, "party": 1, "task": 2, "clock": 3, "entry": 5, "outbox_mail": 3, "climb": 1, "audit_record": 4}
"Rows for each ticket."
UNIQUE = {"number", "submission_key", "message_id", "hash", "previous"}
THE_SAME = {"ticket_id": "ticket", "task_id": "task", "clock_id": "clock"}
PAUSE = 0.02
WRITES = ("UPDATE ticket SET subject = 'written' WHERE id = 7", "UPDATE clock SET rung = 7 WHERE id = 7",
          "UPDATE outbox_mail SET subject = 'written' WHERE id = 7", "UPDATE entry SET text = 'written' WHERE id = 7")  # fmt: skip
"What a move on a ticket writes."


def main() -> None:
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for kind in sys.argv[2:] or ["sqlite", "postgresql"]:
        with database(kind) as url:
            print("\n".join(upgraded(kind, url, tickets)), flush=True)  # noqa: T201  a script


@contextmanager
def database(kind: str) -> Iterator[str]:
    """An empty one."""
    with tempfile.TemporaryDirectory(prefix="duijie-upgrade-") as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/first.sqlite3"
            return
        server = Server({**FAST, "autovacuum": "on", "max_wal_size": "4GB"})
        try:
            with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE DATABASE first")
            yield server.url.rpartition("/")[0] + "/first"
        finally:
            server.stop()


def upgraded(kind: str, url: str, tickets: int) -> list[str]:
    """The figures, a line for each migration."""
    with tempfile.TemporaryDirectory() as instance, running(make_settings(url, Path(instance))) as app:
        with app.app_context():
            alembic.upgrade("0001")
        with app.app_context():
            rows = fill(db.engine, tickets)
        lines = [f"{kind}: {tickets} tickets, {rows} rows"]
        began = time.monotonic()
        with app.app_context():
            numbers = [script.revision for script in reversed(list(alembic.script_directory.walk_revisions()))][1:]
        with writing(url) as writer:
            for number in numbers:
                lines.append(_one(app, number, writer))
        lines.append(f"  all {len(numbers)}: {time.monotonic() - began:.1f} s")
        with app.app_context():
            kept = {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) for name in EACH}  # noqa: S608  our own names
            assert all(kept[name] >= tickets * each for name, each in EACH.items()), kept
        return lines


def _one(app, number: str, writer: "Writer") -> str:  # type: ignore[no-untyped-def]
    writer.worst = 0.0
    began = time.monotonic()
    with app.app_context():
        alembic.upgrade(number)
    took = time.monotonic() - began
    time.sleep(2 * PAUSE)
    return f"  {number}: {took:6.2f} s, writers waited {max(writer.worst, writer.waiting):6.2f} s at most"


@dataclass
class Writer:
    """Somebody who writes one row after the other, and how long it took at most."""

    worst: float = 0.0
    began: float | None = None
    refused: int = field(default=0)

    @property
    def waiting(self) -> float:
        return time.monotonic() - self.began if self.began is not None else 0.0


@contextmanager
def writing(url: str) -> Iterator[Writer]:
    """Beside what goes on in the block."""
    writer, over = Writer(), threading.Event()
    thread = threading.Thread(target=_write, args=(url, writer, over), daemon=True)
    thread.start()
    try:
        yield writer
    finally:
        over.set()
        thread.join(60)


def _write(url: str, writer: Writer, over: threading.Event) -> None:
    engine = create_engine(url, connect_args={"timeout": 120} if url.startswith("sqlite") else {})
    while not over.wait(PAUSE):
        writer.began = time.monotonic()
        with suppress(SQLAlchemyError), engine.begin() as connection:
            for statement in WRITES:
                connection.execute(text(statement))
        writer.worst, writer.began = max(writer.worst, writer.waiting), None
    engine.dispose()


def fill(engine: Engine, tickets: int) -> int:
    """The one row of each table, then the tickets, within the database."""
    found = MetaData()
    with engine.begin() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name not in {"alembic_version", *EACH}:
                connection.execute(insert(table).values(filled(table)))
        most = tickets * max(EACH.values())
        series = (select(literal(1).label("n"))).cte("series", recursive=True)
        series = series.union_all(select(series.c.n + 1).where(series.c.n < most))
        count = 0
        for name in (table.name for table in found.sorted_tables if table.name in EACH):
            rows = tickets * EACH[name]
            connection.execute(_copies(found.tables[name], series, rows, tickets))
            count += rows
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return count


def _copies(table: Table, series, rows: int, tickets: int):  # type: ignore[no-untyped-def]
    one = filled(table)
    values = [_value(table, column, one[column.name], series.c.n, tickets) for column in table.c if column.name in one]
    names = [column.name for column in table.c if column.name in one]
    return insert(table).from_select(names, select(*values).where(series.c.n <= rows))


def _value(table: Table, column: Column, given, n, tickets: int):  # type: ignore[no-untyped-def, type-arg]
    """Its own number, that of its ticket, or the same in each row."""
    if column.name in THE_SAME:
        return (n - 1) % tickets + 1
    if column.primary_key and isinstance(column.type, Integer):
        return n
    if column.name in {"serial", "rung", "cycle", "position"} and isinstance(column.type, Integer):
        return n
    if column.name in UNIQUE and isinstance(column.type, String):
        return cast(n, String)
    return literal(given, column.type)


if __name__ == "__main__":
    main()
