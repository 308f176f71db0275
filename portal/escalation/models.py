"""What was climbed: once per clock and rung, whoever its recipients were."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, UniqueConstraint, event, inspect, update
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from directory.base import Model, index_where
from directory.models import Unit, enum_column
from portal.tickets.models import Clock

STANDING = "runs_out_at IS NOT NULL AND rung >= 1"


class Climb(Model):
    """One rung of one clock, climbed or skipped; the unique row that makes a sweep safe to repeat."""

    __tablename__ = "climb"
    __table_args__ = (
        UniqueConstraint("clock_id", "rung"),
        Index("ix_climb_unit_code_clock_id", "unit_code", "clock_id"),
        Index("ix_climb_climbed_at", "climbed_at"),
        index_where(STANDING, "ix_climb_standing", "unit_code", "runs_out_at", "clock_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id", ondelete="CASCADE"))
    rung: Mapped[int]
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    planned_at: Mapped[datetime] = mapped_column(comment="when the ladder said")
    climbed_at: Mapped[datetime] = mapped_column(comment="when the sweep came")
    recipients: Mapped[list[str]] = mapped_column(JSON, default=list)
    skipped: Mapped[str | None] = mapped_column(String(40), comment="why nobody was mailed; null: somebody was")
    runs_out_at: Mapped[datetime | None] = mapped_column(
        comment="the clock's, while it runs: what stands at a unit is one range of an index, in the order of its list"
    )

    clock: Mapped[Clock] = relationship()
    unit: Mapped[Unit] = relationship()


@event.listens_for(Clock, "after_update")
def _tell_climbs(_mapper: Mapper[Clock], connection: Connection, clock: Clock) -> None:
    """A clock that stops, or runs out at another time: so it stands with each rung of it that was climbed."""
    changed = inspect(clock).attrs
    if clock.rung is not None and (changed.due_at.history.added or changed.stopped_at.history.added):
        runs_out_at = clock.due_at if clock.stopped_at is None else None
        connection.execute(update(Climb).where(Climb.clock_id == clock.id).values(runs_out_at=runs_out_at))


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
