"""Tables of dated exceptions to working time: days closed, worked, or with hours of their own."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model, index_where
from directory.models import enum_column


class DayKind(StrEnum):
    """What a dated exception makes of a day."""

    CLOSED = "closed"
    OPEN = "open"
    SPECIAL = "special"


class CalendarDay(Model):
    """One dated exception, of a unit or, without one, of the whole province; a unit's own comes first."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        Index("uq_calendar_day_unit_code_day", "unit_code", "day", unique=True),
        index_where("unit_code IS NULL", "uq_calendar_day_day", "day", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    day: Mapped[date]
    kind: Mapped[DayKind] = mapped_column(enum_column(DayKind))
    hours: Mapped[str] = mapped_column(String(100), default="", comment="08:30-11:30 13:30-17:00; for special days")
    remark: Mapped[str] = mapped_column(String(60), default="", comment="春节")


class YearState(StrEnum):
    """What became of a year that was given in."""

    PLANNED = "planned"
    IN_FORCE = "in force"
    DROPPED = "dropped"


class CalendarYear(Model):
    """A year's days as they were given in; in force from the moment somebody signed them off."""

    __tablename__ = "calendar_year"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    state: Mapped[YearState] = mapped_column(enum_column(YearState), default=YearState.PLANNED)
    file: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Text, comment="the file's text, as it is kept for the record")
    given_at: Mapped[datetime]
    given_by: Mapped[str] = mapped_column(String(120))
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(String(120), default="")


class Recount(Model):
    """Working time has changed: the limits that run are to be counted anew, ticket by ticket."""

    __tablename__ = "recount"
    __table_args__ = (Index("ix_recount_done_at", "done_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str | None] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"), comment="whose; null: everybody's"
    )
    cause: Mapped[str] = mapped_column(String(120), comment="shown on each ticket: 2027, or the unit's hours")
    asked_at: Mapped[datetime]
    through: Mapped[int] = mapped_column(default=0, comment="id of the last ticket counted anew")
    done_at: Mapped[datetime | None]
