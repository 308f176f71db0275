"""Printing a letter: what leaves the portal on paper is noted, citizens in full only with a reason."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.errors import Hidden
from portal.tickets.citizens import CitizenFacts, masked, reveal
from portal.tickets.models import Ticket
from portal.tickets.queries import NOT_THERE
from portal.web.actor import Actor
from portal.web.permissions import Permission


def note_printing(
    session: Session, actor: Actor, ticket: Ticket, at: datetime, cipher: Cipher, *, in_full: bool, reason: str
) -> Sequence[CitizenFacts]:
    """The citizens as the letter shows them; Invalid where they are asked for in full without a reason."""
    audit(session, actor, "letter.print", f"ticket {ticket.number}", at=at, in_full=in_full)
    if not in_full:
        return [masked(citizen, cipher) for citizen in ticket.citizens]
    if not actor.may(Permission.CITIZEN_REVEAL):
        raise Hidden(NOT_THERE)
    return reveal(session, actor, ticket, reason, at, cipher)
