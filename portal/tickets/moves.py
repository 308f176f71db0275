"""The moves that officers make on tasks and tickets: each changes the state and records its entry, or is refused.

The caller loads the ticket locked (`load_ticket`, `load_task` with `lock=True`), so that of two at the same instant the
second finds the state that the first left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict, Hidden, Text
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import MESSAGE_LENGTH, Faults, check_text
from portal.tickets.clocks import begin_amending, begin_cycle, find_top, policy_of, stop_clocks
from portal.tickets.history import record
from portal.tickets.letters import mail_answered, mail_returned
from portal.tickets.lifecycle import (
    SETTLED_STATES,
    WHO,
    WHO_TICKET,
    MoveNotAllowed,
    Outcome,
    TaskMove,
    TicketMove,
    finished,
    followers,
    move_task,
    move_ticket,
)
from portal.tickets.models import Task, Ticket
from portal.tickets.queries import NOT_THERE, on_side
from portal.tickets.sending import announce, send_ready
from portal.web.actor import PORTAL, Actor
from portal.web.permissions import Permission

GROUND_LENGTH, CONTACT_LENGTH, MOST_GROUNDS = 200, 200, 20

NEEDS_CONTACT = _(
    "Say whom the other side can ask, with a phone number: a refusal or return without a contact does not count."
)
NEEDS_GROUNDS = _("Give every ground of the refusal now: the applicant must be told all of them at once.")
NEEDS_GROUND = _("Give the ground: without it the other unit cannot mend the case.")
NEEDS_EXPLANATION = _("This task was escalated to a unit above yours: add the written explanation of the delay.")
NOT_ANY_MORE = _("The task has moved on in the meantime: it cannot be done any more. Look at its history.")
TICKET_MOVED_ON = _("The ticket has moved on in the meantime: it cannot be done any more. Look at its history.")


@dataclass(frozen=True)
class Answer:
    """An answer as typed."""

    outcome: Outcome = Outcome.DONE
    text: str = ""
    grounds: Sequence[str] = ()
    contact: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Return:
    """A return as typed."""

    ground: str = ""
    reason: str = ""
    contact: str = ""


def sign_for(session: Session, actor: Actor, task: Task, at: datetime) -> None:
    """ "We have it": stops the sign-for clock, not the answer clock."""
    _move(actor, task, TaskMove.SIGN_FOR)
    task.signed_for_at = at
    stop_clocks(task.clocks, at, ClockKind.SIGN_FOR)
    _note(session, actor, task, "signed_for", at)


def answer(session: Session, actor: Actor, task: Task, given: Answer, at: datetime) -> None:
    """Answer a task; Invalid where a refusal lacks its grounds or contact, or a late answer its explanation."""
    _allowed(actor, task, TaskMove.ANSWER)
    grounds = [ground.strip() for ground in given.grounds if ground.strip()]
    _check_answer(task, given, grounds)
    _move(actor, task, TaskMove.ANSWER)
    task.outcome = given.outcome
    task.answered_at = at
    task.signed_for_at = task.signed_for_at or at
    stop_clocks(task.clocks, at)
    _note(session, actor, task, "answered", at, text=given.text.strip(), outcome=given.outcome, grounds=grounds,
          contact=given.contact.strip(), explanation=given.explanation.strip())  # fmt: skip
    mail_answered(session, task.ticket, task, at)
    if given.outcome is Outcome.REFUSED:
        _cancel(session, PORTAL, task.ticket, followers(task.ticket.tasks, task.step), at, because=task.step)
    _go_on(session, task.ticket, at)


def return_task(session: Session, actor: Actor, task: Task, given: Return, at: datetime) -> None:
    """Send a task back with a ground: the opener owes now, with a clock of its own."""
    _allowed(actor, task, TaskMove.RETURN)
    faults = Faults()
    _check_required("ground", given.ground, GROUND_LENGTH, NEEDS_GROUND, faults)
    _check_required("contact", given.contact, CONTACT_LENGTH, NEEDS_CONTACT, faults)
    check_text("reason", given.reason, MESSAGE_LENGTH, faults)
    faults.raise_any()
    _move(actor, task, TaskMove.RETURN)
    stop_clocks(task.clocks, at)
    begin_amending(session, task.ticket, task, at)
    _note(session, actor, task, "returned", at, text=given.reason.strip(),
          ground=given.ground.strip(), contact=given.contact.strip())  # fmt: skip
    mail_returned(session, task.ticket, task, at)


def resend(session: Session, actor: Actor, task: Task, text: str, at: datetime) -> None:
    """Send a returned task again, amended: a new cycle with fresh limits."""
    _allowed(actor, task, TaskMove.RESEND)
    faults = Faults()
    _check_required("text", text, MESSAGE_LENGTH, _("Say what you have amended."), faults)
    faults.raise_any()
    _move(actor, task, TaskMove.RESEND)
    stop_clocks(task.clocks, at)
    begin_cycle(session, task.ticket, task, at)
    _note(session, actor, task, "resent", at, text=text.strip())
    announce(session, task.ticket, task, actor, at)


def close(session: Session, actor: Actor, ticket: Ticket, at: datetime) -> None:
    """The opener closes a resolved ticket."""
    _move_ticket(actor, ticket, TicketMove.CLOSE)
    ticket.closed_at = at
    record(session, ticket, "closed", actor, at)
    audit(session, actor, "ticket.close", f"ticket {ticket.number}", at=at)


def withdraw(session: Session, actor: Actor, ticket: Ticket, reason: str, at: datetime) -> None:
    """The opener takes the ticket back: nobody owes anything any more."""
    allowed_on_ticket(actor, ticket, TicketMove.WITHDRAW)
    faults = Faults()
    _check_required("reason", reason, MESSAGE_LENGTH, _("Say why it is withdrawn: the other units read it."), faults)
    faults.raise_any()
    _move_ticket(actor, ticket, TicketMove.WITHDRAW)
    ticket.closed_at = at
    record(session, ticket, "withdrawn", actor, at, text=reason.strip())
    open_tasks = [task for task in ticket.tasks if task.state not in SETTLED_STATES]
    _cancel(session, PORTAL, ticket, open_tasks, at, because="withdrawn")
    stop_clocks(ticket.clocks, at)
    audit(session, actor, "ticket.withdraw", f"ticket {ticket.number}", at=at)


def allowed_on_ticket(actor: Actor, ticket: Ticket, move: TicketMove) -> None:
    """Hidden where the actor is on the wrong side, Conflict where the state does not allow the move."""
    if not actor.may(Permission.TICKET_MOVE) or not on_side(actor, ticket, WHO_TICKET[move]):
        raise Hidden(NOT_THERE)
    try:
        move_ticket(ticket.state, move)
    except MoveNotAllowed as error:
        raise Conflict(TICKET_MOVED_ON) from error


def needs_explanation(task: Task) -> bool:
    """Whether a rung was climbed in this cycle after which an answer must explain the delay."""
    return (task.rung or 0) >= policy_of(task.ticket).explain_from_rung


def _allowed(actor: Actor, task: Task, move: TaskMove) -> None:
    if not actor.may(Permission.TICKET_MOVE) or not on_side(actor, task.ticket, WHO[move], task):
        raise Hidden(NOT_THERE)
    try:
        move_task(task.state, move)
    except MoveNotAllowed as error:
        raise Conflict(NOT_ANY_MORE) from error


def _move(actor: Actor, task: Task, move: TaskMove) -> None:
    _allowed(actor, task, move)
    task.state = move_task(task.state, move)


def _move_ticket(actor: Actor, ticket: Ticket, move: TicketMove) -> None:
    allowed_on_ticket(actor, ticket, move)
    ticket.state = move_ticket(ticket.state, move)


def _note(
    session: Session, actor: Actor, task: Task, kind: str, at: datetime, *, text: str = "", **detail: Any
) -> None:
    record(session, task.ticket, kind, actor, at, task=task, text=text, **detail)
    audit(session, actor, f"task.{kind}", f"ticket {task.ticket.number} task {task.id}", at=at)


def _check_answer(task: Task, given: Answer, grounds: Sequence[str]) -> None:
    faults = Faults()
    check_text("text", given.text, MESSAGE_LENGTH, faults)
    check_text("explanation", given.explanation, MESSAGE_LENGTH, faults)
    check_text("contact", given.contact, CONTACT_LENGTH, faults)
    for ground in grounds[:MOST_GROUNDS]:
        check_text("grounds", ground, GROUND_LENGTH, faults)
    if given.outcome is Outcome.REFUSED:
        _check_refusal(given, grounds, faults)
    if needs_explanation(task) and not given.explanation.strip():
        faults.note("explanation", NEEDS_EXPLANATION)
    faults.raise_any()


def _check_refusal(given: Answer, grounds: Sequence[str], faults: Faults) -> None:
    if not grounds:
        faults.note("grounds", NEEDS_GROUNDS)
    if len(grounds) > MOST_GROUNDS:
        faults.note("grounds", _("Give at most %(most)s grounds.", most=MOST_GROUNDS))
    if not given.contact.strip():
        faults.note("contact", NEEDS_CONTACT)


def _check_required(name: str, text: str, most: int, missing: Text, faults: Faults) -> None:
    if not text.strip():
        faults.note(name, missing)
    check_text(name, text, most, faults)


def _cancel(
    session: Session, actor: Actor, ticket: Ticket, tasks: Sequence[Task], at: datetime, *, because: str
) -> None:
    for task in tasks:
        task.state = move_task(task.state, TaskMove.CANCEL)
        stop_clocks(task.clocks, at)
        record(session, ticket, "cancelled", actor, at, task=task, because=because)
    if tasks:
        find_top(session, ticket)


def _go_on(session: Session, ticket: Ticket, at: datetime) -> None:
    """After an answer: send what comes next, and resolve the ticket when nothing is left."""
    send_ready(session, ticket, at)
    if finished(ticket.tasks):
        ticket.state = move_ticket(ticket.state, TicketMove.RESOLVE)
        ticket.resolved_at = at
        stop_clocks(ticket.clocks, at)
        record(session, ticket, "resolved", PORTAL, at)
