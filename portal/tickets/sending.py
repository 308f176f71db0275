"""Sending a task to the unit that owes it: when the tasks before it are answered, or again after a return."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.tickets.clocks import begin_cycle
from portal.tickets.history import record
from portal.tickets.letters import mail_arrival
from portal.tickets.lifecycle import TaskMove, move_task, ready
from portal.tickets.models import Task, Ticket
from portal.web.actor import PORTAL, Actor


def send_ready(session: Session, ticket: Ticket, at: datetime) -> None:
    """Send every waiting task whose turn has come."""
    for task in ready(ticket.tasks):
        task.state = move_task(task.state, TaskMove.SEND)
        begin_cycle(session, ticket, task, at)
        session.flush()
        announce(session, ticket, task, PORTAL, at)


def announce(session: Session, ticket: Ticket, task: Task, actor: Actor, at: datetime) -> None:
    """The entry that a task was sent, and the mail to the desk that owes it now."""
    record(session, ticket, "sent", actor, at, task=task, **as_sent(task))
    mail_arrival(session, ticket, task, at)


def as_sent(task: Task) -> dict[str, Any]:
    """What the entry says: to whom, and what its clocks are."""
    clocks = task.present_clocks
    return {
        "unit": task.unit_code,
        "cycle": task.cycle,
        "due": {kind: clock.due_at.isoformat() for kind, clock in clocks.items()},
        "limits": {kind: [clock.limit_amount, clock.limit_unit] for kind, clock in clocks.items()},
    }
