"""The declarative base of every table, and the one column type for instants."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Index, MetaData, String, text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def ordered_string(length: int) -> String:
    """A string compared by code point on both databases, so that a prefix is a range of an index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> Index:
    """An index of those rows alone for which a condition holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


class Model(DeclarativeBase):
    """Base of all tables, in `directory` and in `portal`."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: Instant}  # noqa: RUF012  SQLAlchemy's own attribute, read once
