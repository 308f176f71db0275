"""Tickets about the same person by the same procedure that are open already: shown before one more is opened."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from directory.models import Unit
from portal.cipher import Cipher
from portal.errors import Conflict
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Citizen, Ticket
from portal.tickets.queries import visible_to
from portal.web.actor import Actor

MOST_SHOWN = 5


class OpenAlready(Conflict):
    """Open tickets on the same person and procedure, newest first: those alone that the opener may see."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        super().__init__(_("There are open tickets on the same person and kind of case: look at them first."))
        self.tickets = tickets


def refuse_if_open(
    session: Session, actor: Actor, procedure: str, citizens: Iterable[CitizenFacts], cipher: Cipher, *, drill: bool
) -> None:
    """OpenAlready, if there are any; found by the blind index of the ID numbers, which must be normalised."""
    if found := _open(session, actor, procedure, citizens, cipher, drill=drill):
        raise OpenAlready(found)


def _open(
    session: Session, actor: Actor, procedure: str, citizens: Iterable[CitizenFacts], cipher: Cipher, *, drill: bool
) -> Sequence[Ticket]:
    indexes = {cipher.blind_index(citizen.id_number) for citizen in citizens if citizen.id_number}
    if not indexes:
        return []
    about_them = select(Citizen.ticket_id).where(Citizen.number_index.in_(indexes))
    same = (Ticket.procedure == procedure, Ticket.state == TicketState.OPEN, Ticket.drill.is_(drill))
    statement = visible_to(actor).where(*same, Ticket.id.in_(about_them)).order_by(Ticket.id.desc())
    return session.scalars(statement.options(joinedload(Ticket.opener).joinedload(Unit.parent)).limit(MOST_SHOWN)).all()
