"""Many rows into a table at once: on PostgreSQL a statement for thousands of them, on SQLite the driver's own loop."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import JSON, Insert, String, Table, bindparam, column, func, insert, literal, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from directory.base import Model
from directory.batched import batched

ROWS_AT_A_TIME = 10_000
Row = Mapping[str, Any]


def pour(session: Session, model: type[Model], rows: Sequence[Row], **same: Any) -> None:
    """Enter rows that name the same columns; `same` is what all of them have, and the model's defaults hold."""
    session.flush()
    for some in batched(rows, ROWS_AT_A_TIME):
        _pour(session, cast(Table, model.__table__), some, same)


def _pour(session: Session, table: Table, rows: Sequence[Row], same: Row) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        written = json.dumps(rows, ensure_ascii=False, default=date.isoformat)
        connection.execute(_from_text(table, list(rows[0]), same), {"poured": written})
    else:
        connection.execute(insert(table), [{**row, **same} for row in rows])


def _from_text(table: Table, names: Sequence[str], same: Row) -> Insert:
    """All rows are one value: thousands of values cost the driver and the server more than the rows do."""
    text = as_type(bindparam("poured", type_=String), JSON)
    told = func.json_to_recordset(text).table_valued(*(column(name, table.c[name].type) for name in names))
    listed = told.render_derived(with_types=True)
    values = [*(listed.c[name] for name in names), *(literal(one, table.c[name].type) for name, one in same.items())]
    return insert(table).from_select([*names, *same], select(*values))
