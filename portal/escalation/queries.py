"""What is due to be climbed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.dml import ReturningDelete

from portal.escalation.models import Climb, DigestLine
from portal.tickets.models import Clock, Task, Ticket


def due_tickets(at: datetime) -> Select[int]:
    """The ids of tickets with a rung due, the longest due first; found by the index on `next_at`."""
    return (
        select(Clock.ticket_id)
        .where(Clock.stopped_at.is_(None), Clock.next_at.is_not(None), Clock.next_at <= at)
        .group_by(Clock.ticket_id)
        .order_by(func.min(Clock.next_at), Clock.ticket_id)
    )


def due_clocks(at: datetime, ticket_ids: Sequence[int]) -> Select[Clock]:
    """The clocks of these tickets with a rung due, the longest due first."""
    return (
        select(Clock)
        .where(Clock.ticket_id.in_(ticket_ids))
        .where(Clock.stopped_at.is_(None), Clock.next_at.is_not(None), Clock.next_at <= at)
        .options(
            joinedload(Clock.ticket).options(joinedload(Ticket.opener)),
            joinedload(Clock.task).options(joinedload(Task.unit), joinedload(Task.assignee)),
            joinedload(Clock.unit),
        )
        .order_by(Clock.next_at, Clock.id)
    )


def mailed_climbs(clock_ids: Collection[int]) -> Select[Climb]:
    """The rungs of these clocks at which somebody was mailed, lowest first, with the unit at hand."""
    return (
        select(Climb)
        .where(Climb.clock_id.in_(clock_ids), Climb.skipped.is_(None))
        .options(joinedload(Climb.unit))
        .order_by(Climb.clock_id, Climb.rung)
    )


def taken_lines(sweep: str, left_before: datetime) -> "ReturningDelete[DigestLine]":
    """Takes the digest lines of a sweep, and those that a killed one left before `left_before`: each is taken once."""
    return delete(DigestLine).where(or_(DigestLine.sweep == sweep, DigestLine.at < left_before)).returning(DigestLine)
