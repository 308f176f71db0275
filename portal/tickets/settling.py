"""What follows when a task is settled or moves away: what waited for it, the ticket's end, a request without object."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from directory.chain import lowest_common_ancestor
from directory.queries import parents_above
from portal.ladder.ladder import UNCOUNTED_PLACES
from portal.terms.indexing import index_units
from portal.tickets.clocks import find_top, stop_clocks
from portal.tickets.extension import ExtensionState, pending_of
from portal.tickets.forecast import plan_next
from portal.tickets.history import record
from portal.tickets.lifecycle import (
    Place,
    TaskMove,
    TaskState,
    TicketMove,
    finished,
    move_task,
    move_ticket,
)
from portal.tickets.models import Party, Task, Ticket
from portal.tickets.queries import running_clocks
from portal.tickets.sending import send_ready
from portal.web.actor import PORTAL, Actor


def cancel_tasks(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    tasks: Sequence[Task],
    at: datetime,
    *,
    because: str = "",
    text: str = "",
) -> None:
    """Nobody owes these any more; `because` is the step whose refusal or cancelling it follows from, if it is that."""
    for task in tasks:
        drop_request(session, task, at)
        task.state = move_task(task.state, TaskMove.CANCEL)
        task.suspended_until = None
        stop_clocks(task.clocks, at)
        record(session, ticket, "cancelled", actor, at, task=task, text=text, because=because)
    if tasks:
        find_top(session, ticket)


def continue_ticket(session: Session, ticket: Ticket, at: datetime) -> None:
    """After an answer: send what comes next, and resolve the ticket when nothing is left."""
    send_ready(session, ticket, at)
    if finished(ticket.tasks):
        ticket.state = move_ticket(ticket.state, TicketMove.RESOLVE)
        ticket.resolved_at = at
        stop_clocks(ticket.clocks, at)
        record(session, ticket, "resolved", PORTAL, at)


def note_closed(session: Session, tickets: Sequence[Ticket], at: datetime | None) -> None:
    """When they were closed or withdrawn; None: they go on again. It stands with each unit that takes part as well."""
    for ticket in tickets:
        ticket.closed_at = at
    ids = [ticket.id for ticket in tickets]
    if ids:
        session.execute(update(Party).where(Party.ticket_id.in_(ids)).values(closed_at=at))


def drop_request(session: Session, task: Task, at: datetime) -> None:
    """A request for more time that nobody has to decide any more."""
    if request := pending_of(session, task):
        request.state, request.decided_at = ExtensionState.WITHDRAWN, at
        record(session, task.ticket, "extension_withdrawn", PORTAL, at, task=task, days=request.days)


def add_party(session: Session, ticket: Ticket, unit_code: str) -> None:
    """The unit may see the ticket from now on; one that had a task before still may."""
    if session.get(Party, (ticket.id, unit_code)) is None:
        session.add(Party(ticket_id=ticket.id, unit_code=unit_code))
        index_units(session, ticket.id, [unit_code])


def places_changed(session: Session, ticket: Ticket, at: datetime) -> None:
    """Another unit takes part: whose ruling it is, the top of the ladder and every clock's next rung are found anew."""
    _find_superior(session, ticket, at)
    session.flush()
    find_top(session, ticket)
    plan_next(session, running_clocks(ticket), at)


def _find_superior(session: Session, ticket: Ticket, at: datetime) -> None:
    """A task of the common superior that still waits goes to the lowest unit that commands all the others now."""
    waiting = [task for task in ticket.tasks if (task.place, task.state) == (Place.COMMON_SUPERIOR, TaskState.WAITING)]
    if not waiting:
        return
    superior = _superior(session, {ticket.opener_code, *_others(ticket)})
    for task in waiting:
        if superior and task.unit_code != superior:
            record(session, ticket, "superior", PORTAL, at, task=task, former=task.unit_code, unit=superior)
            task.unit_code = superior
            add_party(session, ticket, superior)


def _others(ticket: Ticket) -> set[str]:
    owed = {
        task.unit_code
        for task in ticket.tasks
        if task.place not in UNCOUNTED_PLACES and task.state is not TaskState.CANCELLED
    }
    return owed | ({ticket.registry_code} if ticket.registry_code else set())


def _superior(session: Session, codes: Collection[str]) -> str | None:
    return lowest_common_ancestor(sorted(codes), parents_above(session, codes))
