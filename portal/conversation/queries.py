"""The files of a ticket; their content comes only when asked for."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.conversation.models import Attachment
from portal.errors import Hidden
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import NOT_THERE, load_ticket
from portal.web.actor import Actor


def attachments_of(ticket: Ticket) -> Select[Attachment]:
    """Every file of a ticket's messages, oldest first."""
    return select(Attachment).join(Attachment.entry).where(Entry.ticket_id == ticket.id).order_by(Attachment.id)


def load_attachment(session: Session, actor: Actor, number: str, attachment_id: int) -> Attachment:
    """One file of a ticket that `actor` may see; Hidden as for the ticket."""
    ticket = load_ticket(session, actor, number)
    for attachment in session.scalars(attachments_of(ticket)):
        if attachment.id == attachment_id:
            return attachment
    raise Hidden(NOT_THERE)
