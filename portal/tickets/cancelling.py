"""Cancelling one task of a ticket: the opener does not need it any more."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict
from portal.tickets.checking import MESSAGE_LENGTH, Faults
from portal.tickets.forecast import plan_next
from portal.tickets.lifecycle import SETTLED_STATES, TaskMove, TaskState, cancelled_with
from portal.tickets.models import Task
from portal.tickets.moving import allowed, check_required
from portal.tickets.queries import running_clocks
from portal.tickets.settling import cancel_tasks, continue_ticket
from portal.web.actor import PORTAL, Actor


def cancel(session: Session, actor: Actor, task: Task, reason: str, at: datetime) -> None:
    """Nobody owes the task any more; what waited behind it alone is cancelled as well, what waited for others goes on.

    Conflict if nothing of the ticket would be left: that is a withdrawal.
    """
    allowed(actor, task, TaskMove.CANCEL)
    faults = Faults()
    check_required("reason", reason, MESSAGE_LENGTH, _("Say why it is not needed any more: the unit reads it."), faults)
    faults.raise_any()
    ticket = task.ticket
    cancelled, *behind = cancelled_with(ticket.tasks, task)
    if all(one in (cancelled, *behind) or one.state is TaskState.CANCELLED for one in ticket.tasks):
        raise Conflict(_("This is all that the ticket still asks for: withdraw the ticket instead."))
    cancel_tasks(session, actor, ticket, [cancelled], at, text=reason.strip())
    cancel_tasks(session, PORTAL, ticket, behind, at, because=task.step)
    audit(session, actor, "task.cancelled", f"ticket {ticket.number} task {task.id}", at=at)
    continue_ticket(session, ticket, at)
    if any(one.state not in SETTLED_STATES for one in ticket.tasks):
        session.flush()
        plan_next(session, running_clocks(ticket), at)
