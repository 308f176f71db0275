"""The selects of lists that other systems ask for."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.tickets.models import Entry, Party, Task, Ticket
from portal.tickets.queries import readable_by, visible_to
from portal.web.actor import Actor


def tickets_page(actor: Actor, asked: Mapping[str, Any], after: int | None) -> Select[Ticket]:
    """What `actor` may see of what is asked for, opened last first; one more than `limit`."""
    found = visible_to(actor).options(*_WHOLE).order_by(Ticket.id.desc()).limit(asked["limit"] + 1)
    for column in (Ticket.state, Ticket.procedure, Ticket.reference):
        if column.key in asked:
            found = found.where(column == asked[column.key])
    if "unit" in asked:
        found = found.where(Ticket.id.in_(select(Party.ticket_id).where(Party.unit_code == asked["unit"])))
    if "updated_since" in asked:
        found = found.where(Ticket.id.in_(_gone_on(actor, asked["updated_since"])))
    return found if after is None else found.where(Ticket.id < after)


def updated_at(actor: Actor, ticket_ids: Collection[int]) -> Select[int, datetime]:
    """(ticket, the instant of its newest entry that `actor` may read)."""
    newest = select(Entry.ticket_id, func.max(Entry.id).label("id"))
    last = newest.where(Entry.ticket_id.in_(ticket_ids), readable_by(actor)).group_by(Entry.ticket_id).subquery()
    return select(Entry.ticket_id, Entry.at).join(last, last.c.id == Entry.id)


def _gone_on(actor: Actor, since: datetime) -> Select[int]:
    return select(Entry.ticket_id).where(Entry.at >= since, readable_by(actor))


_WHOLE = (
    selectinload(Ticket.tasks).options(
        joinedload(Task.assignee), joinedload(Task.assignee_post), selectinload(Task.clocks)
    ),
    selectinload(Ticket.clocks),
)
