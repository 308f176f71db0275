"""Writing the terms of all tickets anew, some at a time, each held meanwhile so that nobody else writes its terms."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.procedures.queries import procedure_of
from portal.terms.indexing import forget, index_texts, index_units
from portal.tickets.models import Entry, Party, Ticket

BATCH = 200


def index_anew(session: Session, after: int) -> list[int]:
    """The next tickets after this id, their terms written as they stand; answers their ids, none at the end."""
    next_ones = select(Ticket).where(Ticket.id > after).order_by(Ticket.id).limit(BATCH)
    tickets = session.scalars(next_ones.with_for_update(of=Ticket)).all()
    forget(session, [ticket.id for ticket in tickets])
    for ticket in tickets:
        procedure = procedure_of(session, *ticket.opened_with)
        written = session.scalars(select(Entry.text).where(Entry.ticket_id == ticket.id, Entry.text != ""))
        index_texts(session, ticket.id, [ticket.subject, ticket.reference, procedure.zh, procedure.en, *written])
        index_units(session, ticket.id, session.scalars(select(Party.unit_code).where(Party.ticket_id == ticket.id)))
    return [ticket.id for ticket in tickets]
