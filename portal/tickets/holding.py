"""*I am on it*: a supervisor who was mailed sees to it, and the next unit up is not mailed for a time."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict
from portal.tickets.clocks import chain_of, clock_calendar, policy_of
from portal.tickets.forecast import Command, command_of, rungs_to_come
from portal.tickets.history import record
from portal.tickets.models import Clock, Ticket
from portal.tickets.queries import running_clocks
from portal.web.actor import Actor
from portal.web.permissions import Permission


def holdable(session: Session, actor: Actor, ticket: Ticket, at: datetime) -> list[Clock]:
    """The clocks whose next rung `actor` may put off: mailed as a supervisor at a rung, and once for each rung."""
    clocks = [clock for clock in running_clocks(ticket) if _waits(clock)]
    if not clocks or not actor.may(Permission.SUPERVISION_READ):
        return []
    command = command_of(session, clocks, at)
    return [clock for clock in clocks if _was_told(actor, clock, command)]


def hold(session: Session, actor: Actor, ticket: Ticket, at: datetime) -> list[Clock]:
    """Put the next rung of each of them off, by as much working time as the ticket's policy gives; these clocks.

    The task still stands still, its limit has still passed, and a rung is put off once. Conflict if there is none.
    """
    clocks = holdable(session, actor, ticket, at)
    if not clocks:
        raise Conflict(
            _("There is nothing to wait with: the task has moved, nobody is mailed next, or it was said before.")
        )
    command = command_of(session, clocks, at)
    for clock in clocks:
        _put_off(session, actor, ticket, clock, command, at)
    audit(session, actor, "ticket.on-it", f"ticket {ticket.number}", at=at, clocks=[clock.id for clock in clocks])
    return clocks


def _waits(clock: Clock) -> bool:
    return bool(clock.rung) and clock.next_at is not None and clock.held_rung != clock.rung


def _was_told(actor: Actor, clock: Clock, command: Command) -> bool:
    return actor.unit_code in chain_of(clock, command.parents)[: clock.rung]


def _put_off(session: Session, actor: Actor, ticket: Ticket, clock: Clock, command: Command, at: datetime) -> None:
    planned = max(clock.next_at or at, at)
    calendar = clock_calendar(session, clock)
    clock.held_rung, clock.held_until = clock.rung, calendar.add(planned, policy_of(ticket).hold_minutes)
    to_come = rungs_to_come(session, clock, command)
    clock.next_at = next((rung.at for rung in to_come), None)
    later = next((rung for rung in to_come if not rung.skipped), None)
    record(session, ticket, "held", actor, at, task=clock.task, clock=clock.kind, rung=clock.rung,
           unit=later.unit if later else None, until=clock.held_until.isoformat())  # fmt: skip
