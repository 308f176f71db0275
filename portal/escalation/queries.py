"""What is due to be climbed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, load_only, selectinload
from sqlalchemy.sql.dml import ReturningDelete

from directory.models import Unit, UnitAncestor
from portal.escalation.models import Climb, DigestLine, Morning, MorningMail
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.shape import finds, spelled_out

Columns = TypeVarTuple("Columns")

OF_TICKET = (Ticket.number, Ticket.procedure, Ticket.procedure_version, Ticket.urgency, Ticket.policy,
             Ticket.opener_code, Ticket.drill, Ticket.top_code)  # fmt: skip
OF_TASK = Task.ticket_id, Task.step, Task.step_zh, Task.place, Task.unit_code, Task.assignee_id, Task.assignee_post_id
OF_CLOCK = (Clock.ticket_id, Clock.task_id, Clock.kind, Clock.unit_code, Clock.started_at, Clock.limit_unit,
            Clock.pauses, Clock.urge_at, Clock.due_at, Clock.provisional, Clock.rung, Clock.silent, Clock.next_at,
            Clock.held_rung, Clock.held_until)  # fmt: skip
"What climbing, and the mails that it causes, read."


def due_tickets(at: datetime) -> Select[int]:
    """The ids of tickets with a rung due, the longest due first; found by the index on `next_at`."""
    return (
        select(Clock.ticket_id)
        .where(Clock.stopped_at.is_(None), Clock.next_at.is_not(None), Clock.next_at <= at)
        .group_by(Clock.ticket_id)
        .order_by(func.min(Clock.next_at), Clock.ticket_id)
    )


def due_clocks(at: datetime, ticket_ids: Sequence[int]) -> Select[Clock]:
    """The clocks of these tickets with a rung due, the longest due first, as much of them as a ladder needs."""
    return (
        select(Clock)
        .where(Clock.ticket_id.in_(ticket_ids))
        .where(Clock.stopped_at.is_(None), Clock.next_at.is_not(None), Clock.next_at <= at)
        .options(
            load_only(*OF_CLOCK),
            joinedload(Clock.task).options(
                load_only(*OF_TASK), selectinload(Task.assignee), selectinload(Task.assignee_post)
            ),
        )
        .order_by(Clock.next_at, Clock.id)
    )


def with_tickets(clocks: Select[Clock]) -> Select[Clock]:
    """The same, each with its ticket."""
    return clocks.options(joinedload(Clock.ticket, innerjoin=True).load_only(*OF_TICKET))


def held_tickets(ticket_ids: Sequence[int]) -> Select[Ticket]:
    """These tickets, as much of them as a ladder needs, held until the transaction ends; not those held already."""
    held = select(Ticket).where(Ticket.id.in_(ticket_ids)).options(load_only(*OF_TICKET)).order_by(Ticket.id)
    return held.with_for_update(skip_locked=True)


def mailed_climbs(clock_ids: Collection[int]) -> Select[int, int, str, datetime]:
    """(clock, rung, unit's name, when) of the rungs of these clocks at which somebody was mailed, lowest first."""
    return (
        select(Climb.clock_id, Climb.rung, Unit.name, Climb.climbed_at)
        .join(Unit, Unit.code == Climb.unit_code)
        .where(Climb.clock_id.in_(clock_ids), Climb.skipped.is_(None))
        .order_by(Climb.clock_id, Climb.rung)
    )


def held_lines(sweep: str, left_before: datetime) -> Select[int, str]:
    """(id, address) of the digest lines of a sweep, and of those that a killed one left before `left_before`."""
    held = select(DigestLine.id, DigestLine.recipient["address"].as_string())
    return held.where(or_(DigestLine.sweep == sweep, DigestLine.at < left_before)).order_by(DigestLine.id)


def taken_lines(ids: Sequence[int]) -> "ReturningDelete[int, dict[str, Any], dict[str, Any]]":
    """Takes these digest lines, those that somebody else took left out: (id, recipient, item)."""
    lines = DigestLine.__table__.c
    return delete(DigestLine).where(lines.id.in_(ids)).returning(lines.id, lines.recipient, lines.item)


def units_with_standing(before: datetime, day: date) -> Select[str]:
    """The units to which something was escalated before an instant that still stands, not told on that day yet."""
    told = exists().where(
        MorningMail.kind == Morning.STANDING, MorningMail.unit_code == Unit.code, MorningMail.day == day
    )
    stands = _standing(select(Climb.id), before).where(Climb.unit_code == Unit.code).correlate(Unit)
    return spelled_out(select(Unit.code).where(~told, finds(stands)).order_by(Unit.code))


def standing_at(unit_code: str, before: datetime) -> Select[Clock]:
    """What was escalated to a unit before an instant and still stands, the longest due first; once for each clock."""
    lower = aliased(Climb)
    first = ~exists().where(lower.clock_id == Climb.clock_id, lower.unit_code == unit_code, *_mailed(before, lower),
                            lower.rung < Climb.rung)  # fmt: skip
    at_unit = _standing(select(Clock), before).where(Climb.unit_code == unit_code, first)
    return spelled_out(at_unit.order_by(Climb.runs_out_at, Climb.clock_id))


def as_told(clocks: Select[Clock]) -> Select[Clock]:
    """The same with all that a mail says of them."""
    return clocks.options(
        contains_eager(Clock.ticket).options(joinedload(Ticket.opener)),
        joinedload(Clock.task).joinedload(Task.unit),
        joinedload(Clock.unit),
    )


def skipped_since(instant: datetime) -> Select[Climb]:
    """The rungs that reached nobody since an instant, except those of drills, with their units and tickets."""
    return (
        select(Climb)
        .join(Clock, Clock.id == Climb.clock_id)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(Climb.climbed_at >= instant, Climb.skipped.is_not(None), Ticket.drill.is_(False))
        .options(joinedload(Climb.unit), joinedload(Climb.clock).joinedload(Clock.ticket))
        .order_by(Climb.climbed_at.desc(), Climb.id)
    )


def told_on(kind: Morning, unit_code: str | None, day: date) -> Select[int]:
    """The ids of what was told on a day: to that unit, or to any."""
    told = select(MorningMail.id).where(MorningMail.kind == kind, MorningMail.day == day)
    return told if unit_code is None else told.where(MorningMail.unit_code == unit_code)


def _standing(wanted: Select[*Columns], before: datetime) -> Select[*Columns]:
    """What is wanted of climbs of clocks that still run, with these and their tickets, if a supervisor was mailed."""
    joined = (
        wanted.select_from(Climb).join(Clock, Clock.id == Climb.clock_id).join(Ticket, Ticket.id == Clock.ticket_id)
    )
    return joined.where(Climb.runs_out_at.is_not(None), *_mailed(before), Ticket.drill.is_(False), _still_commands())


def _still_commands() -> ColumnElement[bool]:
    """The unit of a climb owes, or is no higher than the ticket's top is by now: nobody above that is told any more."""
    below = exists().where(UnitAncestor.unit_code == Climb.unit_code, UnitAncestor.ancestor_code == Ticket.top_code)
    return or_(Climb.unit_code == Clock.unit_code, below)


def _mailed(before: datetime, climb: type[Climb] = Climb) -> tuple[ColumnElement[bool], ...]:
    """Of a climb: a supervisor was mailed, before that instant."""
    return climb.rung >= 1, climb.skipped.is_(None), climb.climbed_at < before
