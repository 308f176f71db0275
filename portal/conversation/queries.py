"""To whom one may write on a ticket, and its files; their content comes only when asked for."""

from sqlalchemy import Select, or_, select
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
    parties = select(Party.unit_code).where(Party.ticket_id == ticket.id)
    wrote = entries_of(actor, ticket).where(Entry.by_unit_code.is_not(None)).with_only_columns(Entry.by_unit_code)
    there = or_(Unit.code.in_(parties), Unit.code.in_(wrote.order_by(None)))
    return select(Unit).where(there, Unit.code != actor.unit_code, Unit.closed_on.is_(None)).order_by(Unit.code)


def attachments_of(actor: Actor, ticket: Ticket) -> Select[Attachment]:
    """Every file of those messages of a ticket that `actor` may read, oldest first."""
    ours = Entry.ticket_id == ticket.id, readable_by(actor)
    return select(Attachment).join(Attachment.entry).where(*ours).order_by(Attachment.id)


def load_attachment(session: Session, actor: Actor, number: str, attachment_id: int) -> Attachment:
    """One file that `actor` may read; Hidden as for the ticket."""
    ticket = load_ticket(session, actor, number)
    wanted = Attachment.id == (attachment_id if attachment_id <= LARGEST_ID else 0)
    attachment = session.scalar(attachments_of(actor, ticket).where(wanted))
    if attachment is None:
        raise Hidden(NOT_THERE)
    return attachment
