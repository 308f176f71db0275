"""Sending a task to the unit that owes it: when the tasks before it are answered, or again after a return."""

from datetime import datetime

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
    due = {kind: clock.due_at.isoformat() for kind, clock in task.present_clocks.items()}
    limits = {kind: [clock.limit_amount, clock.limit_unit] for kind, clock in task.present_clocks.items()}
    record(session, ticket, "sent", actor, at, task=task, unit=task.unit_code, cycle=task.cycle, due=due,
           limits=limits)  # fmt: skip
    mail_arrival(session, ticket, task, at)
