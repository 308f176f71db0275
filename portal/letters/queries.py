"""What of a ticket's history a letter quotes."""

from sqlalchemy import Select, select

from portal.tickets.models import Entry, Ticket


def opening_message(ticket: Ticket) -> Select[str]:
    """What the opener asked of all units when the ticket was opened."""
    asked = Entry.ticket_id == ticket.id, Entry.kind == "message", Entry.aside.is_(False)
    return select(Entry.text).where(*asked).order_by(Entry.id).limit(1)
