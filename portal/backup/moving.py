"""From the SQLite file of a trial to the province's PostgreSQL: every row, in one transaction, or nothing.

The file is locked while it is read, so nobody writes into what is left behind. Foreign keys and triggers of the target
are put aside for that transaction and put back in it: PostgreSQL itself then checks every reference.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Row, Table, create_engine, func, insert, select, text

from portal.backup.restoring import check_rows
from portal.backup.stores import revision_of, rows_of, tables
from portal.cipher import Cipher, Undecipherable
from portal.errors import Refused
from portal.privacy.encrypted import ENCRYPTED, Encrypted

BATCH = 1000
CONSTRAINTS = text("""
    SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace""")


def move(path: Path, target: Engine, ring: Cipher) -> dict[str, int]:
    """Copy the file's rows into the migrated, empty database; the rows of each table. Refused."""
    if target.dialect.name != "postgresql":
        raise Refused("the database here is SQLite as well: set PORTAL_DATABASE_URL=postgresql://… to move to it")
    with closing_engine(path) as source, source.connect() as old, target.begin() as new:
        old.exec_driver_sql("BEGIN IMMEDIATE")
        _check(old, new, ring)
        rows = rows_of(old)
        _without_hindrance(old, new)
        check_rows(rows, rows_of(new))
        return rows


class closing_engine:  # noqa: N801  used as contextlib.closing is
    """An engine on an SQLite file, whose transactions are those that are asked for."""

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Engine:
        return self.engine

    def __exit__(self, *_error: object) -> None:
        self.engine.dispose()


def _check(old: Connection, new: Connection, ring: Cipher) -> None:
    """Before anything is written: the same schema, nothing there yet, the right key."""
    here, there = revision_of(new), revision_of(old)
    if here != there:
        raise Refused(f"the file's schema is {there or 'none'}, the database's is {here or 'none'}: run portal "
                      "migrate on both, with the same version of the portal")  # fmt: skip
    if any(new.scalar(select(func.count()).select_from(table)) for table in tables() if table.name in PEOPLE):
        raise Refused("the database here is not empty: what is moved goes into an empty one, and overwrites nothing")
    for one in ENCRYPTED:
        _check_key(old, one, ring)


PEOPLE = frozenset({"unit", "officer", "ticket", "audit_record"})
"Where none of these has a row, nobody has worked yet; migrations themselves fill some other tables."


def _check_key(old: Connection, one: Encrypted, ring: Cipher) -> None:
    rows = select(one.key, one.column, *one.facts).where(one.column.is_not(None)).limit(1)
    for row in old.execute(rows):
        try:
            ring.decrypt_bytes(row[1], one.purpose(row))
        except Undecipherable as error:
            raise Refused("what is encrypted in the file does not open with the keys here: give PORTAL_DATA_KEY and "
                          "PORTAL_DATA_KEYS_OTHER as they stand in the key files beside it") from error  # fmt: skip


def _without_hindrance(old: Connection, new: Connection) -> None:
    constraints = new.execute(CONSTRAINTS).all()
    for each in constraints:
        new.exec_driver_sql(f"ALTER TABLE {each.of} DROP CONSTRAINT {each.name}")
    for table in tables():
        new.exec_driver_sql(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')
        _copy(old, new, table)
        _go_on_counting(new, table)
        new.exec_driver_sql(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER')
    for each in constraints:
        new.exec_driver_sql(f"ALTER TABLE {each.of} ADD CONSTRAINT {each.name} {each.definition}")


def _copy(old: Connection, new: Connection, table: Table) -> None:
    new.execute(table.delete())
    for rows in _batches(old, table):
        new.execute(insert(table), [dict(row._mapping) for row in rows])


def _batches(old: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    with closing(old.execution_options(yield_per=BATCH).execute(select(table))) as rows:
        yield from rows.partitions(BATCH)


def _go_on_counting(new: Connection, table: Table) -> None:
    """The next id follows the highest there is."""
    for column in table.primary_key:
        if isinstance(column.type, Integer) and column is table.autoincrement_column:
            sequence = new.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"),
                                  {"table": f'"{table.name}"', "column": column.name})  # fmt: skip
            highest = new.scalar(select(func.max(column)))
            if sequence and highest:
                new.execute(select(func.setval(sequence, highest)))
