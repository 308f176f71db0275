"""Which tickets belong together."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class Relation(Model):
    """Two tickets have to do with one another; kept once for both, the older ticket first."""

    __tablename__ = "relation"
    __table_args__ = (CheckConstraint("older_id < newer_id", name="kept_once"),)

    older_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    newer_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    made_at: Mapped[datetime]


class Duplicate(Model):
    """A ticket that was given up in favour of another, for good."""

    __tablename__ = "duplicate"
    __table_args__ = (CheckConstraint("ticket_id <> survivor_id", name="of_another"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    survivor_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    merged_at: Mapped[datetime]
