"""Giving out the numbers of tickets: each year from one on, none twice, and none left out by who waited."""

from datetime import datetime, tzinfo
from functools import cache
from typing import cast

from sqlalchemy import bindparam
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from directory.base import Model
from portal.tickets.number import format_number
from portal.upserting import inserting


class NumberSeries(Model):
    """The last ticket number given out in a year."""

    __tablename__ = "number_series"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def next_number(session: Session, at: datetime, tz: tzinfo) -> str:
    """The next of that instant's year at a place: two that open at once wait for one another here, and get two."""
    year = at.astimezone(tz).year
    return format_number(year, cast(int, session.scalar(_counting(session.get_bind().dialect.name), {"year": year})))


@cache
def _counting(dialect: str) -> ReturningInsert[int]:
    """Built once."""
    first = inserting(dialect, NumberSeries).values(year=bindparam("year"), last=1)
    upsert = first.on_conflict_do_update(index_elements=["year"], set_={"last": NumberSeries.last + 1})
    return upsert.returning(NumberSeries.last)
