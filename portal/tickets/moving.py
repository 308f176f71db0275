"""What every move does: refused where side or state does not allow it, else an entry and a line of the audit log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict, Hidden, Text
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import Faults, check_text
from portal.tickets.history import record
from portal.tickets.lifecycle import (
    WHO,
    WHO_TICKET,
    MoveNotAllowed,
    Side,
    TaskMove,
    TicketMove,
    move_task,
    move_ticket,
)
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.queries import NOT_THERE, on_side, permission_for
from portal.web.actor import Actor
from portal.web.permissions import Permission

REASON_LENGTH = 500
NOT_ANY_MORE = _("The task has moved on in the meantime: it cannot be done any more. Look at its history.")
TICKET_MOVED_ON = _("The ticket has moved on in the meantime: it cannot be done any more. Look at its history.")


def allowed(actor: Actor, task: Task, move: TaskMove) -> None:
    """Hidden where the actor is on the wrong side, Conflict where the state does not allow the move.

    Whose task it was until it was handed on is told so.
    """
    if not actor.may(permission_for(move)) or not _stands(actor, task.ticket, WHO[move], task):
        raise Conflict(NOT_ANY_MORE) if _had(actor, task, move) else Hidden(NOT_THERE)
    try:
        move_task(task.state, move)
    except MoveNotAllowed as error:
        raise Conflict(NOT_ANY_MORE) from error


def allowed_on_ticket(actor: Actor, ticket: Ticket, move: TicketMove) -> None:
    """The same of a move on the ticket as a whole."""
    if not actor.may(Permission.TICKET_MOVE) or not _stands(actor, ticket, WHO_TICKET[move]):
        raise Hidden(NOT_THERE)
    try:
        move_ticket(ticket.state, move)
    except MoveNotAllowed as error:
        raise Conflict(TICKET_MOVED_ON) from error


def make(actor: Actor, task: Task, move: TaskMove) -> None:
    allowed(actor, task, move)
    task.state = move_task(task.state, move)


def make_on_ticket(actor: Actor, ticket: Ticket, move: TicketMove) -> None:
    allowed_on_ticket(actor, ticket, move)
    ticket.state = move_ticket(ticket.state, move)


def note(
    session: Session, actor: Actor, task: Task, kind: str, at: datetime, *, text: str = "", **detail: Any
) -> Entry:
    """The entry of a move and its line in the audit log."""
    audit(session, actor, f"task.{kind}", f"ticket {task.ticket.number} task {task.id}", at=at)
    return record(session, task.ticket, kind, actor, at, task=task, text=text, **detail)


def check_required(name: str, text: str, most: int, missing: Text, faults: Faults) -> None:
    """Note what is missing or cannot be stored."""
    if not text.strip():
        faults.note(name, missing)
    check_text(name, text, most, faults)


def _stands(actor: Actor, ticket: Ticket, sides: Iterable[Side], task: Task | None = None) -> bool:
    return any(on_side(actor, ticket, side, task) for side in sides)


def _had(actor: Actor, task: Task, move: TaskMove) -> bool:
    """Whether the unit has signed, or should have signed, for the task before another did."""
    signed = {clock.unit_code for clock in task.clocks if clock.kind is ClockKind.SIGN_FOR}
    return Side.OWING_UNIT in WHO[move] and actor.may(Permission.TICKET_MOVE) and actor.unit_code in signed
