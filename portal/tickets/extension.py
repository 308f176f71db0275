"""More time asked for: what was asked, who decides, what was decided."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.base import Model, index_where
from directory.models import Unit, enum_column
from portal.accounts.models import Officer
from portal.tickets.models import Entry, Task, Ticket


class ExtensionState(StrEnum):
    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    "by the portal: the task has moved on"


PENDING = "state = 'pending'"


class Extension(Model):
    """More time asked for, decided one level up; the reasons stand in the history. One at a time for each task."""

    __tablename__ = "extension"
    __table_args__ = (
        index_where(PENDING, "uq_extension_pending", "task_id", unique=True),
        index_where(PENDING, "ix_extension_waiting", "decider_code", "id"),
        CheckConstraint("days > 0", name="days_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"), index=True)
    cycle: Mapped[int] = mapped_column(comment="of the task when it was asked")
    days: Mapped[int] = mapped_column(comment="working days")
    state: Mapped[ExtensionState] = mapped_column(enum_column(ExtensionState), default=ExtensionState.PENDING)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), comment="who asks")
    decider_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), comment="who decides")
    entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("entry.id", ondelete="SET NULL"), comment="the line of the history that gives the reason"
    )
    decided_at: Mapped[datetime | None]

    task: Mapped[Task] = relationship()
    asked_by: Mapped[Officer | None] = relationship()
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_code])
    decider: Mapped[Unit] = relationship(foreign_keys=[decider_code])
    entry: Mapped[Entry | None] = relationship()


def pending_of(session: Session, task: Task) -> Extension | None:
    """The request of a task that waits for its decision."""
    waiting = select(Extension).where(Extension.task_id == task.id, Extension.state == ExtensionState.PENDING)
    return session.scalar(waiting)


def granted_of(session: Session, task: Task) -> int:
    """How often more time was granted for the task."""
    granted = select(Extension.id).where(Extension.task_id == task.id, Extension.state == ExtensionState.GRANTED)
    return len(session.scalars(granted).all())


def asked_on(ticket: Ticket) -> Select[Extension]:
    """The requests of a ticket that wait for their decision, with their reasons at hand."""
    return (
        select(Extension)
        .join(Task, Task.id == Extension.task_id)
        .where(Task.ticket_id == ticket.id, Extension.state == ExtensionState.PENDING)
        .options(joinedload(Extension.entry), joinedload(Extension.asked_by))
        .order_by(Extension.id)
    )
