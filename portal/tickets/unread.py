"""What an officer has not read yet: the entries of others, since the ticket was last looked at."""

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Officer
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Clock, Entry, Party, Task, Ticket
from portal.tickets.queries import readable_by, seen_by
from portal.tickets.readers import Mention, Reading
from portal.web.actor import Actor

UNDER_WAY = (TicketState.OPEN, TicketState.RESOLVED)
LATEST = 1_000
"Of the tickets on which the unit owes nothing any more, and of those once looked at, so many are asked about."


def unread_for(actor: Actor) -> Select[int, int, int]:
    """(ticket_id, entries, mentions) of each ticket under way with something that the officer has not seen.

    Of the tickets in which the own unit takes part, and of those once looked at: what merely lies below a supervisor is
    no news to anybody. Nothing for who has no account. `mentions` counts those that name the officer.
    """
    asked = _unread(actor, Entry.ticket_id, func.count().label("entries"), func.sum(_named(actor)).label("mentions"))
    return asked.group_by(Entry.ticket_id)


def unread_tickets(actor: Actor, *, named: bool = False) -> Select[int]:
    """The ids of those tickets alone, or of those that name the officer: what counts them can stop early."""
    found = _unread(actor, Entry.ticket_id).distinct()
    return found.where(mentions(actor)) if named else found


def news(actor: Actor) -> ColumnElement[bool]:
    """Entries that `actor` may read and has not written."""
    return and_(readable_by(actor), Entry.by_officer_id.is_distinct_from(actor.officer_id))


def mentions(actor: Actor) -> ColumnElement[bool]:
    """Entries in which the officer is named."""
    return exists().where(Mention.entry_id == Entry.id, Mention.officer_id == actor.officer_id)


def _named(actor: Actor) -> ColumnElement[int]:
    return case((mentions(actor), 1), else_=0)


def _unread(actor: Actor, *columns: Any) -> Select[Any]:
    """From the officer's own tickets, by their keys, to the entries after the last one seen, never the other way."""
    reading, ours = aliased(Reading), _concerning(actor).subquery()
    mine = and_(reading.ticket_id == ours.c.ticket_id, reading.officer_id == actor.officer_id)
    return (
        select(*columns)
        .select_from(ours)
        .join(Ticket, Ticket.id == ours.c.ticket_id)
        .join(Officer, Officer.id == actor.officer_id)
        .outerjoin(reading, mine)
        .join(Entry, and_(Entry.ticket_id == Ticket.id, Entry.id > func.coalesce(reading.last_entry_id, 0)))
        .where(
            Ticket.state.in_(UNDER_WAY),
            seen_by(actor, Ticket.id),
            or_(reading.officer_id.is_not(None), Entry.at >= Officer.created_at),
            news(actor),
        )
    )


def _concerning(actor: Actor) -> CompoundSelect[Any]:
    """What the unit owes, will owe or opened; its latest tickets; what the officer has looked at. Each by an index."""
    unit, officer = actor.unit_code, actor.officer_id
    owed = select(Clock.ticket_id).where(Clock.unit_code == unit, Clock.stopped_at.is_(None))
    to_come = select(Task.ticket_id).where(Task.unit_code == unit, Task.state == TaskState.WAITING)
    opened = select(Ticket.id).where(Ticket.opener_code == unit, Ticket.state.in_(UNDER_WAY))
    part = select(Party.ticket_id).where(Party.unit_code == unit).order_by(Party.ticket_id.desc()).limit(LATEST)
    read = select(Reading.ticket_id).where(Reading.officer_id == officer)
    latest = read.order_by(Reading.ticket_id.desc()).limit(LATEST)
    return owed.union(to_come, opened, select(part.subquery()), select(latest.subquery()))
