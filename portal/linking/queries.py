"""The tickets that belong to one, as far as the reader may see them."""

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import aliased

from portal.linking.models import Duplicate, Relation
from portal.tickets.models import Citizen, Ticket
from portal.tickets.queries import seen_by
from portal.web.actor import Actor

RELATED, SURVIVOR, DUPLICATE = "related", "survivor", "duplicate"
MOST = 20


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


def of_the_same_citizens(actor: Actor, ticket_id: int) -> Select[Ticket]:
    """Other visible tickets of one of its citizens, by the blind index; the newest first."""
    own, other = aliased(Citizen), aliased(Citizen)
    shared = select(other.ticket_id).join(own, own.number_index == other.number_index)
    shared = shared.where(own.ticket_id == ticket_id, other.ticket_id != ticket_id)
    return select(Ticket).where(Ticket.id.in_(shared), seen_by(actor, Ticket.id)).order_by(Ticket.id.desc()).limit(MOST)
