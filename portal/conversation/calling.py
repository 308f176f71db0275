"""A note of a phone call: who was called, when, and what was said. It moves no task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from directory.models import Contact, ContactState
from portal.audit.actions import record as audit
from portal.conversation.actions import check_open, written_before
from portal.conversation.queries import LARGEST_ID
from portal.errors import Hidden
from portal.tickets.checking import KEY_LENGTH, MESSAGE_LENGTH, NAME_LENGTH, Faults, check_text
from portal.tickets.history import record
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.queries import NOT_THERE
from portal.web.actor import Actor
from portal.web.permissions import Permission

NUMBER_LENGTH = 40


@dataclass(frozen=True)
class Call:
    """A call as noted: a contact of the directory, or anybody else by name."""

    contact_id: int | None = None
    name: str = ""
    number: str = ""
    at: datetime | None = None
    answered: bool = True
    text: str = ""
    submission_key: str | None = None


def callable_on(ticket: Ticket) -> Select[Contact]:
    """The people of the units on a ticket, with their numbers, in the order of calling."""
    return callable_at(select(Party.unit_code).where(Party.ticket_id == ticket.id))


def callable_at(codes: Any) -> Select[Contact]:
    """Those of these units."""
    there = Contact.unit_code.in_(codes), Contact.state != ContactState.RETIRED
    return select(Contact).where(*there).order_by(Contact.unit_code, Contact.role, Contact.rank, Contact.id)


def note_call(session: Session, actor: Actor, ticket: Ticket, call: Call, at: datetime) -> Entry:
    """Enter a call in the history; a contact who answered has shown that the number is right."""
    if not actor.may(Permission.TICKET_MESSAGE):
        raise Hidden(NOT_THERE)
    if call.submission_key and (twin := written_before(session, ticket, call.submission_key)):
        return twin
    contact = _contact(session, ticket, call)
    _check(call, contact, at)
    check_open(ticket)
    called_at = call.at or at
    entry = record(session, ticket, "called", actor, at, text=call.text.strip(), submission_key=call.submission_key,
                   whom=contact.name if contact else call.name.strip(), unit=contact.unit_code if contact else None,
                   number=_number(call, contact), called_at=called_at.isoformat(), answered=call.answered)  # fmt: skip
    if contact and call.answered:
        contact.answered_at = max(filter(None, (contact.answered_at, called_at)))
    audit(session, actor, "ticket.call", f"ticket {ticket.number}", at=at, answered=call.answered)
    return entry


def numbers_of(contact: Contact) -> Sequence[str]:
    """As one dials them: `0431-80001234 转 8012`."""
    return [f"{phone.number} 转 {phone.extension}" if phone.extension else phone.number for phone in contact.phones]


def _contact(session: Session, ticket: Ticket, call: Call) -> Contact | None:
    if call.contact_id is None or not 0 < call.contact_id <= LARGEST_ID:
        return None
    wanted = callable_on(ticket).where(Contact.id == call.contact_id).options(joinedload(Contact.phones))
    return session.scalars(wanted).unique().first()


def _number(call: Call, contact: Contact | None) -> str:
    """The number typed, or else the first of the contact."""
    return call.number.strip() or next(iter(numbers_of(contact) if contact else ()), "")


def _check(call: Call, contact: Contact | None, at: datetime) -> None:
    faults = Faults()
    if call.contact_id is not None and contact is None:
        faults.note("contact", _("This person is not listed at a unit of this ticket: choose again, or type the name."))
    elif contact is None and not call.name.strip():
        faults.note("contact", _("Choose who was called, or type the name."))
    if call.at and call.at > at:
        faults.note("called_at", _("The call lies in the future: give the time at which it was made."))
    if call.answered and not call.text.strip():
        faults.note("text", _("Write what was said."))
    check_text("name", call.name, NAME_LENGTH, faults)
    check_text("number", call.number, NUMBER_LENGTH, faults)
    check_text("text", call.text, MESSAGE_LENGTH, faults)
    check_text("submission_key", call.submission_key or "", KEY_LENGTH, faults)
    faults.raise_any()
