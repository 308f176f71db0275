"""How the database would carry out a select: read, so that a test can say that nothing large is read from end to end."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, event, text
from sqlalchemy.orm import Session

from portal.extensions import db


def plan_of(session: Session, statement: Select[Any]) -> str:
    """The plan, a line for each step; PostgreSQL is told that reading a whole table is dear, as it is of large ones."""
    postgresql = db.engine.dialect.name == "postgresql"
    if postgresql:
        session.execute(text("SET LOCAL enable_seqscan = off"))
    connection = session.connection()
    prefix = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "

    def explain(_connection: object, _cursor: object, asked: str, parameters: Any, *_others: object) -> tuple[str, Any]:
        return prefix + asked, parameters

    event.listen(db.engine, "before_cursor_execute", explain, retval=True)
    try:
        rows = connection.execute(statement).cursor.fetchall()  # type: ignore[union-attr]
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    return "\n".join(str(row[-1]) for row in rows)


def read_from_end_to_end(plan: str, tables: Collection[str]) -> list[str]:
    """The steps of a plan that read one of the tables without an index."""
    whole = re.compile(rf"(?:Seq Scan on|SCAN) (?:{'|'.join(tables)})(?:_\d+)?\b(?! USING)", re.IGNORECASE)
    return [line for line in plan.splitlines() if whole.search(line)]
