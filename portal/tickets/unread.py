"""What an officer has not read yet: the entries of others, since the ticket was last looked at."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Officer
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.queries import readable_by, visible_to
from portal.tickets.readers import Mention, Reading
from portal.web.actor import Actor

UNDER_WAY = (TicketState.OPEN, TicketState.RESOLVED)


def unread_for(actor: Actor) -> Select[int, int, int]:
    """(ticket_id, entries, mentions) of each ticket under way with something that the officer has not seen.

    Of the tickets in which the own unit takes part, and of those once looked at: what merely lies below a supervisor is
    no news to anybody. Nothing for who has no account. `mentions` counts those that name the officer or the unit.
    """
    reading = aliased(Reading)
    mine = and_(reading.ticket_id == Entry.ticket_id, reading.officer_id == actor.officer_id)
    return (
        select(Entry.ticket_id, func.count().label("entries"), func.sum(_named(actor)).label("mentions"))
        .join(Officer, Officer.id == actor.officer_id)
        .outerjoin(reading, mine)
        .where(
            Entry.ticket_id.in_(_concerning(actor)),
            Entry.id > func.coalesce(reading.last_entry_id, 0),
            or_(reading.officer_id.is_not(None), Entry.at >= Officer.created_at),
            news(actor),
        )
        .group_by(Entry.ticket_id)
    )


def news(actor: Actor) -> ColumnElement[bool]:
    """Entries that `actor` may read and has not written."""
    return and_(readable_by(actor), Entry.by_officer_id.is_distinct_from(actor.officer_id))


def mentions(actor: Actor) -> ColumnElement[bool]:
    """Entries in which the officer, or the own unit, is named."""
    person = or_(Mention.officer_id.is_(None), Mention.officer_id == actor.officer_id)
    return exists().where(Mention.entry_id == Entry.id, Mention.unit_code == actor.unit_code, person)


def _named(actor: Actor) -> ColumnElement[int]:
    return case((mentions(actor), 1), else_=0)


def _concerning(actor: Actor) -> Select[Any]:
    takes_part = exists().where(Party.ticket_id == Ticket.id, Party.unit_code == actor.unit_code)
    looked_at = exists().where(Reading.ticket_id == Ticket.id, Reading.officer_id == actor.officer_id)
    seen = visible_to(actor).where(Ticket.state.in_(UNDER_WAY), or_(takes_part, looked_at))
    return seen.with_only_columns(Ticket.id)
