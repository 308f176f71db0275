"""What was counted of each day; written by the worker, read by the pages.

Each row holds a unit with all below it, so that a page of a province reads as few rows as one of a hall.
"""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model
from portal.statistics.figures import COUNTED
from portal.statistics.histogram import CLASSES

MINUTES = tuple(f"m{place:02}" for place in range(CLASSES))
"The columns of the histogram: how many answers took so long (`histogram.bounds`)."


def _unit(name: str) -> "Column[str]":
    return Column(name, ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True)


def _count(name: str) -> "Column[int]":
    return Column(name, Integer, nullable=False)


daily_figure = Table(
    "daily_figure",
    Model.metadata,
    _unit("unit_code"),
    Column("day", Date, primary_key=True),
    Column("procedure", String(40), primary_key=True),
    Column("step", String(60), primary_key=True, comment="empty: what concerns the ticket, not a task of it"),
    *(_count(name) for name in (*COUNTED, *MINUTES)),
    Index("ix_daily_figure_day", "day"),
)

daily_pair = Table(
    "daily_pair",
    Model.metadata,
    _unit("unit_code"),
    Column("asks", Boolean(create_constraint=False), primary_key=True, comment="opened the ticket, or owed the task"),
    Column("day", Date, primary_key=True),
    _unit("other_code"),
    *(_count(name) for name in ("received", "answered", "on_time")),
    Index("ix_daily_pair_day", "day"),
)


class CountedDay(Model):
    """A day of which something happened."""

    __tablename__ = "counted_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime | None] = mapped_column(index=True, comment="null: to be counted, or counted anew")


class CountingMark(Model):
    """How far the histories of tickets were read, and which chain of command was counted by: one row."""

    __tablename__ = "counting_mark"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(default=0, comment="read for good up to here")
    seen_id: Mapped[int] = mapped_column(
        default=0, comment="seen last time; read once more, since a longer transaction may have been late"
    )
    command: Mapped[str] = mapped_column(String(64), default="", comment="digest of the chain of command")
    at: Mapped[datetime | None]
