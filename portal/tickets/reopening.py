"""Reopening a ticket, resolved or closed: the tasks chosen begin a new cycle, what follows them waits its turn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict
from portal.ladder.ladder import ClockKind
from portal.procedures.limit import Limit
from portal.tickets.checking import MESSAGE_LENGTH, Faults
from portal.tickets.clocks import begin_cycle, begin_overall
from portal.tickets.history import record
from portal.tickets.lifecycle import (
    Outcome,
    TaskMove,
    TaskState,
    TicketMove,
    move_task,
    steps_behind,
)
from portal.tickets.models import Task, Ticket
from portal.tickets.moving import allowed_on_ticket, check_required, make_on_ticket
from portal.tickets.queries import cancellations
from portal.tickets.sending import announce
from portal.tickets.settling import note_closed, places_changed
from portal.web.actor import Actor

WITHIN = timedelta(days=30)
"After its closing a ticket can be reopened for so long; what comes later is a new case."


@dataclass(frozen=True)
class Reopening:
    """Which tasks (ids), and why, as typed."""

    tasks: Sequence[int] = ()
    reason: str = ""


def reopen(session: Session, actor: Actor, ticket: Ticket, given: Reopening, at: datetime) -> None:
    """Send the chosen tasks again with fresh limits; of several, the later in the order of steps wait for the earlier.

    What a refusal had cancelled waits again where the refused task is reopened.
    """
    allowed_on_ticket(actor, ticket, TicketMove.REOPEN)
    if ticket.closed_at is not None and at - ticket.closed_at > WITHIN:
        raise Conflict(
            _("This ticket was closed more than %(n)s days ago: open a new one and name this number.", n=WITHIN.days)
        )
    chosen = _checked(ticket, given)
    behind = steps_behind(ticket.tasks, {task.step for task in chosen})
    cut = _cut_off(session, ticket, chosen)
    make_on_ticket(actor, ticket, TicketMove.REOPEN)
    ticket.resolved_at = None
    note_closed(session, [ticket], None)
    record(session, ticket, "reopened", actor, at, text=given.reason.strip(), tasks=[task.id for task in chosen])
    audit(session, actor, "ticket.reopen", f"ticket {ticket.number}", at=at, tasks=[task.id for task in chosen])
    _begin_overall(session, ticket, at)
    waiting = [*cut, *(task for task in chosen if task.step in behind)]
    _wait(session, actor, waiting, at)
    _send(session, actor, [task for task in chosen if task not in waiting], at)
    session.flush()
    places_changed(session, ticket, at)


def reopenable(ticket: Ticket) -> list[Task]:
    """The tasks among which to choose."""
    return [task for task in ticket.tasks if task.state is TaskState.ANSWERED]


def _checked(ticket: Ticket, given: Reopening) -> list[Task]:
    faults = Faults()
    chosen = [task for task in reopenable(ticket) if task.id in given.tasks]
    check_required("reason", given.reason, MESSAGE_LENGTH, _("Say what is still to be done."), faults)
    if not chosen or len(chosen) < len(set(given.tasks)):
        faults.note("tasks", _("Choose at least one task that was answered: its unit owes it again."))
    faults.raise_any()
    return chosen


def _cut_off(session: Session, ticket: Ticket, chosen: Collection[Task]) -> list[Task]:
    """What the refusals among the chosen had cancelled."""
    refused = {task.step for task in chosen if task.outcome is Outcome.REFUSED}
    cancelled = session.scalars(cancellations(ticket))
    because = {entry.task_id: entry.detail.get("because") for entry in cancelled}
    return [task for task in ticket.tasks if task.state is TaskState.CANCELLED and because.get(task.id) in refused]


def _begin_overall(session: Session, ticket: Ticket, at: datetime) -> None:
    overall = [clock for clock in ticket.clocks if clock.kind is ClockKind.OVERALL]
    if overall:
        begin_overall(session, ticket, Limit(overall[-1].limit_amount, overall[-1].limit_unit), at)


def _wait(session: Session, actor: Actor, tasks: Sequence[Task], at: datetime) -> None:
    for task in tasks:
        task.state = move_task(task.state, TaskMove.WAIT)
        _forget_answer(task)
        record(session, task.ticket, "waits_again", actor, at, task=task)


def _send(session: Session, actor: Actor, tasks: Sequence[Task], at: datetime) -> None:
    for task in tasks:
        task.state = move_task(task.state, TaskMove.REOPEN)
        _forget_answer(task)
        begin_cycle(session, task.ticket, task, at)
        session.flush()
        announce(session, task.ticket, task, actor, at)


def _forget_answer(task: Task) -> None:
    """What was answered stays in the history."""
    task.outcome = task.answered_at = None
