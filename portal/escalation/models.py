"""What was climbed: once per clock and rung, whoever its recipients were."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model
from directory.models import Unit, enum_column
from portal.tickets.models import Clock


class Climb(Model):
    """One rung of one clock, climbed or skipped; the unique row that makes a sweep safe to repeat."""

    __tablename__ = "climb"
    __table_args__ = (
        UniqueConstraint("clock_id", "rung"),
        Index("ix_climb_unit_code_clock_id", "unit_code", "clock_id"),
        Index("ix_climb_climbed_at", "climbed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id", ondelete="CASCADE"))
    rung: Mapped[int]
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    planned_at: Mapped[datetime] = mapped_column(comment="when the ladder said")
    climbed_at: Mapped[datetime] = mapped_column(comment="when the sweep came")
    recipients: Mapped[list[str]] = mapped_column(JSON, default=list)
    skipped: Mapped[str | None] = mapped_column(String(40), comment="why nobody was mailed; null: somebody was")

    clock: Mapped[Clock] = relationship()
    unit: Mapped[Unit] = relationship()


class DigestLine(Model):
    """One line of a mail that lists several escalations, kept until the sweep has climbed them all.

    Written in the transaction of its climb and deleted in that of its mail; lines of a sweep that was killed go out
    with the next one.
    """

    __tablename__ = "digest_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    sweep: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime]
    recipient: Mapped[dict[str, Any]] = mapped_column(JSON, comment="address, name, language, unit, contact")
    item: Mapped[dict[str, Any]] = mapped_column(JSON, comment="what a line says, instants as ISO 8601")


class Morning(StrEnum):
    """What is told in the morning."""

    STANDING = "standing"
    UNREACHABLE = "unreachable"


class MorningMail(Model):
    """A unit was told on a day what still stands, or whom nobody reaches; the unique row tells once."""

    __tablename__ = "morning_mail"
    __table_args__ = (UniqueConstraint("kind", "unit_code", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Morning] = mapped_column(enum_column(Morning))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    day: Mapped[date]
    at: Mapped[datetime]
