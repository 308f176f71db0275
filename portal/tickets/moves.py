"""The everyday moves: sign for, answer, return and send again, close, withdraw.

Each changes the state and records its entry, or is refused. The caller loads the ticket locked (`load_ticket`,
`load_task` with `lock=True`), so that of two at the same instant the second finds the state that the first left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import MESSAGE_LENGTH, Faults, check_text
from portal.tickets.clocks import begin_amending, begin_cycle, policy_of, stop_clocks
from portal.tickets.history import record
from portal.tickets.letters import mail_answered, mail_returned
from portal.tickets.lifecycle import SETTLED_STATES, Outcome, TaskMove, TicketMove, followers
from portal.tickets.models import Task, Ticket
from portal.tickets.moving import allowed, allowed_on_ticket, check_required, make, make_on_ticket, note
from portal.tickets.sending import announce
from portal.tickets.settling import cancel_tasks, continue_ticket, drop_request, note_closed
from portal.web.actor import PORTAL, Actor

GROUND_LENGTH, CONTACT_LENGTH, MOST_GROUNDS = 200, 200, 20

NEEDS_CONTACT = _(
    "Say whom the other side can ask, with a phone number: a refusal or return without a contact does not count."
)
NEEDS_GROUNDS = _("Give every ground of the refusal now: the applicant must be told all of them at once.")
NEEDS_GROUND = _("Give the ground: without it the other unit cannot mend the case.")
NEEDS_EXPLANATION = _("This task was escalated to a unit above yours: add the written explanation of the delay.")


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
    make(actor, task, TaskMove.SIGN_FOR)
    task.signed_for_at = at
    stop_clocks(task.clocks, at, ClockKind.SIGN_FOR)
    note(session, actor, task, "signed_for", at)


def answer(session: Session, actor: Actor, task: Task, given: Answer, at: datetime) -> None:
    """Answer a task; Invalid where a refusal lacks its grounds or contact, or a late answer its explanation."""
    allowed(actor, task, TaskMove.ANSWER)
    grounds = [ground.strip() for ground in given.grounds if ground.strip()]
    _check_answer(task, given, grounds)
    make(actor, task, TaskMove.ANSWER)
    drop_request(session, task, at)
    task.outcome = given.outcome
    task.answered_at = at
    task.signed_for_at = task.signed_for_at or at
    stop_clocks(task.clocks, at)
    note(session, actor, task, "answered", at, text=given.text.strip(), outcome=given.outcome, grounds=grounds,
          contact=given.contact.strip(), explanation=given.explanation.strip())  # fmt: skip
    mail_answered(session, task.ticket, task, at)
    if given.outcome is Outcome.REFUSED:
        cancel_tasks(session, PORTAL, task.ticket, followers(task.ticket.tasks, task.step), at, because=task.step)
    continue_ticket(session, task.ticket, at)


def return_task(session: Session, actor: Actor, task: Task, given: Return, at: datetime) -> None:
    """Send a task back with a ground: the opener owes now, with a clock of its own."""
    allowed(actor, task, TaskMove.RETURN)
    faults = Faults()
    check_required("ground", given.ground, GROUND_LENGTH, NEEDS_GROUND, faults)
    check_required("contact", given.contact, CONTACT_LENGTH, NEEDS_CONTACT, faults)
    check_text("reason", given.reason, MESSAGE_LENGTH, faults)
    faults.raise_any()
    make(actor, task, TaskMove.RETURN)
    drop_request(session, task, at)
    stop_clocks(task.clocks, at)
    begin_amending(session, task.ticket, task, at)
    note(session, actor, task, "returned", at, text=given.reason.strip(),
          ground=given.ground.strip(), contact=given.contact.strip())  # fmt: skip
    mail_returned(session, task.ticket, task, at)


def resend(session: Session, actor: Actor, task: Task, text: str, at: datetime) -> None:
    """Send a returned task again, amended: a new cycle with fresh limits."""
    allowed(actor, task, TaskMove.RESEND)
    faults = Faults()
    check_required("text", text, MESSAGE_LENGTH, _("Say what you have amended."), faults)
    faults.raise_any()
    make(actor, task, TaskMove.RESEND)
    stop_clocks(task.clocks, at)
    begin_cycle(session, task.ticket, task, at)
    note(session, actor, task, "resent", at, text=text.strip())
    announce(session, task.ticket, task, actor, at)


def close(session: Session, actor: Actor, ticket: Ticket, at: datetime) -> None:
    """The opener closes a resolved ticket."""
    make_on_ticket(actor, ticket, TicketMove.CLOSE)
    note_closed(session, [ticket], at)
    record(session, ticket, "closed", actor, at)
    audit(session, actor, "ticket.close", f"ticket {ticket.number}", at=at)


def withdraw(session: Session, actor: Actor, ticket: Ticket, reason: str, at: datetime) -> None:
    """The opener takes the ticket back: nobody owes anything any more."""
    allowed_on_ticket(actor, ticket, TicketMove.WITHDRAW)
    faults = Faults()
    check_required("reason", reason, MESSAGE_LENGTH, _("Say why it is withdrawn: the other units read it."), faults)
    faults.raise_any()
    make_on_ticket(actor, ticket, TicketMove.WITHDRAW)
    note_closed(session, [ticket], at)
    record(session, ticket, "withdrawn", actor, at, text=reason.strip())
    open_tasks = [task for task in ticket.tasks if task.state not in SETTLED_STATES]
    cancel_tasks(session, PORTAL, ticket, open_tasks, at, because="withdrawn")
    stop_clocks(ticket.clocks, at)
    audit(session, actor, "ticket.withdraw", f"ticket {ticket.number}", at=at)


def needs_explanation(task: Task) -> bool:
    """Whether a rung was climbed in this cycle after which an answer must explain the delay."""
    return (task.rung or 0) >= policy_of(task.ticket).explain_from_rung


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
