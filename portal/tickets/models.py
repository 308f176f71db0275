"""Tickets: one case on which two or more units work, each with tasks and clocks of its own."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model, index_where
from directory.models import Contact, Unit, enum_column
from portal.accounts.models import Officer
from portal.ladder.ladder import ClockKind
from portal.procedures.limit import LimitUnit
from portal.tickets.lifecycle import Outcome, Place, TaskState, TicketState

KEPT = "purged_at IS NULL AND closed_at IS NOT NULL"
DRILLS = "drill AND closed_at IS NULL"


class Ticket(Model):
    """One case, opened by one unit, on which others owe tasks."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("opener_code", "submission_key"),
        Index("ix_ticket_opener_code_state", "opener_code", "state", "id"),
        Index("ix_ticket_opened_at", "opened_at"),
        index_where(KEPT, "ix_ticket_closed_at", "closed_at"),
        index_where(DRILLS, "ix_ticket_drills", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="XB2016-000123-7")
    state: Mapped[TicketState] = mapped_column(enum_column(TicketState), default=TicketState.OPEN)
    procedure: Mapped[str] = mapped_column(String(40), comment="code of the procedure")
    procedure_version: Mapped[int] = mapped_column(
        default=1, server_default=text("1"), comment="the version with which it was opened"
    )
    urgency: Mapped[str] = mapped_column(String(10), default="normal")
    policy: Mapped[dict[str, Any]] = mapped_column(JSON, comment="the ladder's values, frozen at the opening")
    opener_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    registry_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    opened_at: Mapped[datetime]
    subject: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(
        String(60), default="", comment="number in the acceptance system", index=True
    )
    accepted_on: Mapped[date] = mapped_column(comment="the overall limit counts from here")
    drill: Mapped[bool] = mapped_column(default=False)
    top_code: Mapped[str] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE"),
        comment="lowest common ancestor of its places: nobody above is mailed",
    )
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None] = mapped_column(comment="when what it said of a citizen was blanked")
    submission_key: Mapped[str | None] = mapped_column(String(64), comment="a double click opens one")
    version: Mapped[int] = mapped_column(default=1)

    opener: Mapped[Unit] = relationship(foreign_keys=[opener_code])
    registry_unit: Mapped[Unit | None] = relationship(foreign_keys=[registry_code])
    top: Mapped[Unit] = relationship(foreign_keys=[top_code])
    opened_by: Mapped[Officer | None] = relationship()
    tasks: Mapped[list["Task"]] = relationship(back_populates="ticket", order_by="Task.position")
    clocks: Mapped[list["Clock"]] = relationship(back_populates="ticket", order_by="Clock.id")
    citizens: Mapped[list["Citizen"]] = relationship(order_by="Citizen.position")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute

    @property
    def opened_with(self) -> tuple[str, int]:
        """The procedure's code and version: steps, limits, materials and grounds are those for as long as it lasts."""
        return self.procedure, self.procedure_version

    @property
    def due_at(self) -> datetime | None:
        """The end of the overall limit; without one, the earliest that an open task is due; None if none is."""
        overall = [clock.due_at for clock in self.clocks if clock.kind is ClockKind.OVERALL]
        running = [c.due_at for c in self.clocks if c.kind is ClockKind.ANSWER and c.stopped_at is None]
        return overall[-1] if overall else min(running, default=None)


GOING = "closed_at IS NULL"


class Party(Model):
    """A unit that may see the ticket: the opener, and every unit with a task on it."""

    __tablename__ = "party"
    __table_args__ = (
        Index("ix_party_unit_code_ticket_id", "unit_code", "ticket_id"),
        index_where(GOING, "ix_party_going", "unit_code", "ticket_id"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), primary_key=True)
    closed_at: Mapped[datetime | None] = mapped_column(comment="the ticket's: a unit's tickets under way are one range")


class Citizen(Model):
    """Whose case it is: as little as possible, encrypted, found again by a blind index."""

    __tablename__ = "citizen"
    __table_args__ = (UniqueConstraint("ticket_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=1)
    name_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[str | None] = mapped_column(String(64), index=True, comment="HMAC of the normalised ID number")


TO_COME = "state = 'waiting'"
STANDING = "suspended_until IS NOT NULL"
TAKEN = "assignee_id IS NOT NULL"
POSTED = "assignee_post_id IS NOT NULL"


class Task(Model):
    """What one unit owes on a ticket; own state, own clocks."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("ticket_id", "position"),
        CheckConstraint("limit_amount > 0", name="limit_positive"),
        index_where(TO_COME, "ix_task_to_come", "unit_code"),
        CheckConstraint("assignee_id IS NULL OR assignee_post_id IS NULL", name="one_assignee"),
        index_where(STANDING, "ix_task_suspended_until", "suspended_until"),
        index_where(TAKEN, "ix_task_assignee_id", "assignee_id"),
        index_where(POSTED, "ix_task_assignee_post_id", "assignee_post_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    position: Mapped[int]
    step: Mapped[str] = mapped_column(String(60))
    step_zh: Mapped[str] = mapped_column(String(60))
    place: Mapped[Place] = mapped_column(enum_column(Place))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), index=True)
    state: Mapped[TaskState] = mapped_column(enum_column(TaskState), default=TaskState.WAITING)
    after: Mapped[list[str]] = mapped_column(JSON, default=list, comment="steps that must be answered before")
    limit_amount: Mapped[int]
    limit_unit: Mapped[LimitUnit] = mapped_column(enum_column(LimitUnit))
    cycle: Mapped[int] = mapped_column(default=0, comment="0 until sent for the first time")
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome))
    sent_at: Mapped[datetime | None]
    signed_for_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    handed_on: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="how often, in all")
    suspended_until: Mapped[datetime | None] = mapped_column(comment="from when on its clock runs again by itself")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"), comment="who has it; null: the unit")
    assignee_post_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact.id", ondelete="SET NULL"), comment="the post that has it, where no officer has"
    )
    version: Mapped[int] = mapped_column(default=1)

    ticket: Mapped[Ticket] = relationship(back_populates="tasks")
    unit: Mapped[Unit] = relationship()
    assignee: Mapped[Officer | None] = relationship()
    assignee_post: Mapped[Contact | None] = relationship()
    clocks: Mapped[list["Clock"]] = relationship(back_populates="task", order_by="Clock.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute

    @property
    def present_clocks(self) -> dict[ClockKind, "Clock"]:
        """The clocks of the present cycle; of several for signing for, the one of the unit that has the task now."""
        present = (clock for clock in self.clocks if clock.cycle == self.cycle)
        return {clock.kind: clock for clock in sorted(present, key=lambda clock: clock.hand)}

    @property
    def rung(self) -> int | None:
        """The highest rung climbed in the present cycle."""
        return max((clock.rung for clock in self.present_clocks.values() if clock.rung is not None), default=None)


RUNNING = "stopped_at IS NULL"
CLIMBING = "stopped_at IS NULL AND next_at IS NOT NULL"
ARRIVED = "kind = 'sign_for'"
ENDED = "kind = 'answer' AND stopped_at IS NOT NULL"
WAITING = "kind = 'answer' AND stopped_at IS NULL"


class Clock(Model):
    """The time that a unit has left: one row per task, kind and cycle, and one overall per ticket and cycle.

    A task that is handed on is signed for anew: `hand` tells those clocks apart.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("task_id", "kind", "cycle", "hand"),
        index_where("task_id IS NULL", "uq_clock_overall", "ticket_id", "cycle", unique=True),
        index_where(CLIMBING, "ix_clock_next_at", "next_at"),
        index_where(RUNNING, "ix_clock_unit_code_due_at", "unit_code", "due_at"),
        Index("ix_clock_ticket_id", "ticket_id"),
        index_where(ARRIVED, "ix_clock_started_at", "started_at"),
        index_where(ENDED, "ix_clock_stopped_at", "stopped_at"),
        index_where(WAITING, "ix_clock_waiting", "ticket_id", "unit_code", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    kind: Mapped[ClockKind] = mapped_column(enum_column(ClockKind))
    cycle: Mapped[int] = mapped_column(default=1)
    hand: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="how often the task had been handed on when it began"
    )
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), comment="the unit that owes")
    hours_code: Mapped[str] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE"), comment="in whose hours the limit is counted: who owed at first"
    )
    started_at: Mapped[datetime]
    limit_amount: Mapped[int]
    limit_unit: Mapped[LimitUnit] = mapped_column(enum_column(LimitUnit))
    extended: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="working days granted beyond the limit"
    )
    pauses: Mapped[list[list[str]]] = mapped_column(
        JSON, default=list, comment="[since, until] while it stood, ISO 8601"
    )
    urge_at: Mapped[datetime]
    due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False, comment="rests on days that no calendar knows yet")
    rung: Mapped[int | None] = mapped_column(comment="the highest rung climbed")
    silent: Mapped[list[int]] = mapped_column(JSON, default=list, comment="rungs passed at which nobody was reachable")
    next_at: Mapped[datetime | None] = mapped_column(comment="when the next rung is due; null: none is left")
    held_rung: Mapped[int | None] = mapped_column(comment="the rung after which a supervisor said *I am on it*")
    held_until: Mapped[datetime | None] = mapped_column(comment="before which the rung after that one is not climbed")
    stopped_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship(back_populates="clocks")
    task: Mapped[Task | None] = relationship(back_populates="clocks")
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_code])

    @property
    def stood(self) -> list[tuple[datetime, datetime]]:
        """When the clock stood, and will stand if nobody resumes the task before."""
        return [(datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in self.pauses or ()]


class Entry(Model):
    """One line of a ticket's history; append-only. Read through `queries.entries_of` alone: some are asides."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("ticket_id", "submission_key"),
        Index("ix_entry_ticket_id_id", "ticket_id", "id"),
        Index("ix_entry_at", "at"),
        index_where("untold", "ix_entry_untold", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(
        String(24), comment="opened, sent, signed_for, answered, returned, climbed, message …"
    )
    by_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    by_unit_code: Mapped[str | None] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE"), comment="null: the portal"
    )
    by: Mapped[str] = mapped_column(String(120), comment="who, as shown then")
    aside: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="to one unit alone: entry_reader says between which"
    )
    edited_at: Mapped[datetime | None] = mapped_column(comment="the former text is kept beside it")
    text: Mapped[str] = mapped_column(Text, default="", comment="what a person wrote; purged after the retention time")
    detail: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, comment="what the portal knows: rung, grounds, due"
    )
    submission_key: Mapped[str | None] = mapped_column(String(64), comment="a double click writes one")
    untold: Mapped[bool] = mapped_column(default=True, server_default=false(), comment="no other system was told yet")

    ticket: Mapped[Ticket] = relationship()
    task: Mapped[Task | None] = relationship()
    by_unit: Mapped[Unit | None] = relationship()
