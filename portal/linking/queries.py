"""The tickets that belong to one, as far as the reader may see them."""

from collections.abc import Collection

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload

from portal.linking.models import Duplicate, Relation
from portal.tickets.models import Citizen, Entry, Ticket
from portal.tickets.queries import readable_by, seen_by
from portal.web.actor import Actor

RELATED, SURVIVOR, DUPLICATE = "related", "survivor", "duplicate"
MOST, MOST_ENTRIES = 20, 300


def belonging_to(actor: Actor, ticket_id: int) -> Select[*tuple[Ticket, str]]:
    """(ticket, how): those related to this one, that in whose favour it was given up, those given up in its favour."""
    others = union_all(
        select(Relation.newer_id.label("id"), literal(RELATED).label("how")).where(Relation.older_id == ticket_id),
        select(Relation.older_id, literal(RELATED)).where(Relation.newer_id == ticket_id),
        select(Duplicate.survivor_id, literal(SURVIVOR)).where(Duplicate.ticket_id == ticket_id),
        select(Duplicate.ticket_id, literal(DUPLICATE)).where(Duplicate.survivor_id == ticket_id),
    ).subquery()
    belonging = select(Ticket, others.c.how).join(others, others.c.id == Ticket.id)
    return belonging.where(seen_by(actor, Ticket.id)).order_by(Ticket.id.desc())


def histories(actor: Actor, ticket_ids: Collection[int]) -> Select[Entry]:
    """What `actor` may read of the histories of these tickets, of each in its order."""
    entries = select(Entry).join(Ticket, Ticket.id == Entry.ticket_id).where(Entry.ticket_id.in_(ticket_ids))
    entries = entries.where(seen_by(actor, Entry.ticket_id), readable_by(actor))
    with_all = joinedload(Entry.by_unit), joinedload(Entry.task), contains_eager(Entry.ticket)
    return entries.options(*with_all).order_by(Entry.id).limit(MOST_ENTRIES)


def of_the_same_citizens(actor: Actor, ticket_id: int) -> Select[Ticket]:
    """Other visible tickets of one of its citizens, by the blind index; the newest first."""
    own, other = aliased(Citizen), aliased(Citizen)
    shared = select(other.ticket_id).join(own, own.number_index == other.number_index)
    shared = shared.where(own.ticket_id == ticket_id, other.ticket_id != ticket_id)
    return select(Ticket).where(Ticket.id.in_(shared), seen_by(actor, Ticket.id)).order_by(Ticket.id.desc()).limit(MOST)
