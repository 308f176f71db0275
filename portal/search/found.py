"""A ticket that was found, read as columns: twenty lines are a hundred mapped objects otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from directory.queries import NamedUnit, named_units
from portal.procedures.catalogue import Procedure
from portal.procedures.queries import procedure_of
from portal.search.marking import Piece
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Task, Ticket
from portal.tickets.shape import Prepared


class FoundTicket(NamedTuple):
    """What a line says of a ticket."""

    id: int
    number: str
    state: TicketState
    procedure: str
    procedure_version: int
    urgency: str
    subject: str
    reference: str
    drill: bool
    opened_at: datetime
    opener_code: str


@dataclass(frozen=True)
class Hit:
    """A ticket found, and where."""

    ticket: FoundTicket
    procedure: Procedure
    places: Mapping[str, NamedUnit]
    "Its units by their codes, the opener first, each once."
    subject: Sequence[Piece] = ()
    snippets: Sequence[Sequence[Piece]] = ()

    @property
    def units(self) -> Sequence[NamedUnit]:
        return list(self.places.values())


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_TICKETS = select(*(getattr(Ticket, name) for name in FoundTicket._fields)).where(Ticket.id.in_(_IDS))
_FOUND = _TICKETS.order_by(Ticket.id.desc())
_TAKEN = select(Task.ticket_id, Task.unit_code).where(Task.ticket_id.in_(_IDS)).order_by(Task.ticket_id, Task.position)
"Built once."


def read_hits(session: Session, ids: Sequence[int]) -> list[Hit]:
    """The tickets with these ids, newest first, with no word marked; whoever asks may see them."""
    if not ids:
        return []
    asked: Mapping[str, Any] = {"ids": ids}
    tickets = [FoundTicket(*row) for row in Prepared(_FOUND, asked).rows(session)]
    codes = {ticket.id: {ticket.opener_code: None} for ticket in tickets}
    for ticket_id, unit_code in Prepared(_TAKEN, asked).rows(session):
        codes[ticket_id].setdefault(unit_code)
    named = named_units(session, {code for each in codes.values() for code in each})
    return [
        Hit(
            ticket,
            procedure_of(session, ticket.procedure, ticket.procedure_version),
            {code: named[code] for code in codes[ticket.id]},
        )
        for ticket in tickets
    ]
