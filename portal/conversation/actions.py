"""Messages between the units of a ticket."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict, Hidden
from portal.tickets.checking import MESSAGE_LENGTH, Faults, check_text
from portal.tickets.history import record
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import NOT_THERE
from portal.web.actor import Actor
from portal.web.permissions import Permission


def send_message(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    text: str,
    at: datetime,
    submission_key: str | None = None,
    *,
    by_mail: bool = False,
) -> Entry:
    """Write to all units of the ticket; talk moves no task. The same `submission_key` writes one message."""
    if not actor.may(Permission.TICKET_MESSAGE):
        raise Hidden(NOT_THERE)
    if submission_key and (twin := _written_before(session, ticket, submission_key)):
        return twin
    faults = Faults()
    if not text.strip():
        faults.note("text", _("Write something before you send it."))
    check_text("text", text, MESSAGE_LENGTH, faults)
    check_text("submission_key", submission_key or "", 64, faults)
    faults.raise_any()
    if ticket.state in {TicketState.CLOSED, TicketState.WITHDRAWN}:
        raise Conflict(_("The ticket is closed: it takes no more messages."))
    detail: dict[str, Any] = {"by_mail": True} if by_mail else {}
    audit(session, actor, "ticket.message", f"ticket {ticket.number}", at=at, **detail)
    return record(session, ticket, "message", actor, at, text=text.strip(), submission_key=submission_key, **detail)


def _written_before(session: Session, ticket: Ticket, submission_key: str) -> Entry | None:
    return session.scalar(select(Entry).where(Entry.ticket_id == ticket.id, Entry.submission_key == submission_key))
