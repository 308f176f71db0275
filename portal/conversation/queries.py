"""To whom one may write on a ticket, and its files; their content comes only when asked for."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, false, select, true
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.conversation.models import Attachment
from portal.errors import Hidden
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.queries import NOT_THERE, entries_of, load_ticket, readable_by
from portal.web.actor import Actor

LARGEST_ID = 2**31 - 1
"PostgreSQL refuses a larger number, instead of finding nothing."


def addressable(actor: Actor, ticket: Ticket) -> Select[Unit]:
    """The units to one of which alone `actor` may write: those on the ticket, and whoever else has written to it."""
    there = concerned(actor, ticket).subquery()
    return addressable_of(select(there.c.code)).where(Unit.code != actor.unit_code)


def addressable_of(codes: Any) -> Select[Unit]:
    """Those of these units that are still there."""
    return select(Unit).where(Unit.code.in_(codes), Unit.closed_on.is_(None)).order_by(Unit.code)


def concerned(actor: Actor, ticket: Ticket) -> CompoundSelect[str, bool]:
    """(code, whether it is on the ticket) of the units on it, and of those who wrote what `actor` may read."""
    parties = select(Party.unit_code.label("code"), true().label("party")).where(Party.ticket_id == ticket.id)
    wrote = entries_of(actor, ticket).where(Entry.by_unit_code.is_not(None)).order_by(None)
    return parties.union(wrote.with_only_columns(Entry.by_unit_code, false()))


def attachments_of(actor: Actor, ticket: Ticket) -> Select[Attachment]:
    """Every file of those messages of a ticket that `actor` may read, oldest first."""
    ours = Entry.ticket_id == ticket.id, readable_by(actor)
    return select(Attachment).join(Attachment.entry).where(*ours).order_by(Attachment.id)


def load_attachment(session: Session, actor: Actor, number: str, attachment_id: int) -> Attachment:
    """One file that `actor` may read; Hidden as for the ticket."""
    ticket = load_ticket(session, actor, number, tasks=False)
    wanted = Attachment.id == (attachment_id if attachment_id <= LARGEST_ID else 0)
    attachment = session.scalar(attachments_of(actor, ticket).where(wanted))
    if attachment is None:
        raise Hidden(NOT_THERE)
    return attachment
