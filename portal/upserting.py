"""INSERT … ON CONFLICT: SQLAlchemy has it for each kind of database apart, with the same words."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite


def inserting(dialect: str, into: Any) -> sqlite.Insert | postgresql.Insert:
    """INSERT into a table or a model; `dialect` is the name of the kind, `session.get_bind().dialect.name`."""
    return sqlite.insert(into) if dialect == "sqlite" else postgresql.insert(into)
