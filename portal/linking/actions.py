"""Relating tickets, and merging a duplicate into the ticket that goes on.

Both are the opener's, and both tickets must be visible to him. An entry of either names no other ticket: whoever reads
it may not be allowed to know of that one.
"""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict, Hidden, Invalid
from portal.linking.models import Duplicate, Relation
from portal.tickets.history import record
from portal.tickets.lifecycle import UNDER_WAY, Side
from portal.tickets.models import Ticket
from portal.tickets.moves import withdraw
from portal.tickets.queries import NOT_THERE, load_ticket, on_side
from portal.web.actor import Actor
from portal.web.permissions import Permission

ITSELF = _("This is the ticket itself: give the number of the other one.")
UNKNOWN = _("There is no such ticket, or it is not for your unit to see: check the number.")
ENDED = _("That ticket is closed or withdrawn: a duplicate is merged into one that goes on.")


def pair(session: Session, actor: Actor, number: str, other: str) -> tuple[Ticket, Ticket]:
    """The ticket, which the actor's unit must have opened, and the other one as typed; both held, in order."""
    ticket = load_ticket(session, actor, number)
    if not may_link(actor, ticket):
        raise Hidden(NOT_THERE)
    try:
        found = load_ticket(session, actor, other)
    except Hidden:
        raise Invalid({"other": UNKNOWN}) from None
    if found.id == ticket.id:
        raise Invalid({"other": ITSELF})
    held = {each.id: load_ticket(session, actor, each.number, lock=True)
            for each in sorted((ticket, found), key=lambda each: each.id)}  # fmt: skip
    return held[ticket.id], held[found.id]


def may_link(actor: Actor, ticket: Ticket) -> bool:
    return actor.may(Permission.TICKET_MOVE) and on_side(actor, ticket, Side.OPENER)


def relate(session: Session, actor: Actor, ticket: Ticket, other: Ticket, at: datetime) -> None:
    """Let the two be found from one another; done already, it stays so."""
    key = _key(ticket, other)
    if session.get(Relation, key) is not None:
        return
    session.add(Relation(older_id=key[0], newer_id=key[1], made_at=at))
    for each in (ticket, other):
        record(session, each, "related", actor, at)
    audit(session, actor, "ticket.relate", f"ticket {ticket.number}", at=at, other=other.number)


def part(session: Session, actor: Actor, ticket: Ticket, other: Ticket, at: datetime) -> None:
    """The two have nothing to do with one another after all."""
    older, newer = _key(ticket, other)
    gone = delete(Relation).where(Relation.older_id == older, Relation.newer_id == newer).returning(Relation.older_id)
    if session.scalar(gone) is None:
        return
    for each in (ticket, other):
        record(session, each, "parted", actor, at)
    audit(session, actor, "ticket.part", f"ticket {ticket.number}", at=at, other=other.number)


def merge(session: Session, actor: Actor, ticket: Ticket, survivor: Ticket, reason: str, at: datetime) -> None:
    """Give the ticket up in favour of the other: its open tasks are cancelled, its history stays, nobody sees more.

    Invalid without a reason, Conflict where either does not go on any more. It cannot be undone.
    """
    if survivor.state not in UNDER_WAY:
        raise Conflict(ENDED)
    withdraw(session, actor, ticket, reason, at)
    session.add(Duplicate(ticket_id=ticket.id, survivor_id=survivor.id, merged_at=at))
    record(session, ticket, "given_up", actor, at)
    record(session, survivor, "took_in", actor, at)
    audit(session, actor, "ticket.merge", f"ticket {ticket.number}", at=at, survivor=survivor.number)


def _key(ticket: Ticket, other: Ticket) -> tuple[int, int]:
    return min(ticket.id, other.id), max(ticket.id, other.id)
