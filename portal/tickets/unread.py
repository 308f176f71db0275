"""What an officer has not read yet: the entries of others, since the ticket was last looked at."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, CompoundSelect, Select, and_, case, exists, func, or_, select, union

from portal.accounts.models import Officer
from portal.tickets.lifecycle import UNDER_WAY
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.queries import readable_by, seen_by, sees_own
from portal.tickets.readers import Mention, Reading
from portal.web.actor import Actor
from portal.web.permissions import Role

LATEST = 300
"Of the tickets that a supervisor looked at, so many are asked about."


def unread_for(actor: Actor) -> Select[int, int, int]:
    """(ticket_id, entries, mentions) of each ticket under way with something that the officer has not seen.

    Of the tickets in which the own unit takes part, and of those once looked at: what merely lies below a supervisor is
    no news to anybody. Nothing for who has no account. `mentions` counts those that name the officer.
    """
    behind = _behind(actor)
    counted = func.count().label("entries"), func.sum(_named(actor)).label("mentions")
    unseen = select(Entry.ticket_id, *counted).select_from(behind).join(Entry, Entry.ticket_id == behind.c.ticket_id)
    return unseen.where(_going(behind), *_unseen(actor, behind)).group_by(Entry.ticket_id)


def unread_tickets(actor: Actor, about: Sequence[ColumnElement[bool]] = (), *, named: bool = False) -> Select[int]:
    """The ids of those tickets alone, or of those that name the officer: what counts them can stop early.

    `about`: what is asked of the ticket besides. Every condition is asked of one ticket after the other, whatever the
    database thinks of how many there are: SQLite reads the whole table of tickets once it is joined here.
    """
    behind = _behind(actor)
    of_them = Entry.ticket_id == behind.c.ticket_id, *_unseen(actor, behind), *((mentions(actor),) if named else ())
    return select(behind.c.ticket_id).where(_going(behind, *about), exists().where(*of_them))


def news(actor: Actor) -> ColumnElement[bool]:
    """Entries that `actor` may read and has not written."""
    return and_(readable_by(actor), Entry.by_officer_id.is_distinct_from(actor.officer_id))


def mentions(actor: Actor) -> ColumnElement[bool]:
    """Entries in which the officer is named."""
    return exists().where(Mention.entry_id == Entry.id, Mention.officer_id == actor.officer_id)


def _named(actor: Actor) -> ColumnElement[int]:
    return case((mentions(actor), 1), else_=0)


def _going(behind: CTE, *about: ColumnElement[bool]) -> ColumnElement[bool]:
    """The ticket is under way."""
    return exists().where(Ticket.id == behind.c.ticket_id, Ticket.state.in_(UNDER_WAY), *about)


def _unseen(actor: Actor, behind: CTE) -> tuple[ColumnElement[bool], ...]:
    """Of entries: to be read by the officer, who has not; of tickets never looked at none from before the account."""
    since = select(Officer.created_at).where(Officer.id == actor.officer_id).scalar_subquery()
    looked = behind.c.seen.is_not(None)
    return Entry.id > func.coalesce(behind.c.seen, 0), or_(looked, Entry.at >= since), news(actor)


def _behind(actor: Actor) -> CTE:
    """(ticket_id, seen or null): tickets with an entry after the last one seen, found first, by two keys each.

    Each key is asked for by itself: joined, PostgreSQL would read all that the officer has ever looked at.
    """
    ours = _concerning(actor).subquery()
    mine = Reading.ticket_id == ours.c.ticket_id, Reading.officer_id == actor.officer_id
    seen = select(Reading.last_entry_id).where(*mine).scalar_subquery()
    newest = select(func.max(Entry.id)).where(Entry.ticket_id == ours.c.ticket_id).scalar_subquery()
    behind = select(ours.c.ticket_id, seen.label("seen"))
    return behind.where(sees_own(actor), newest > func.coalesce(seen, 0)).cte().prefix_with("MATERIALIZED")


def _concerning(actor: Actor) -> Select[int] | CompoundSelect[Any]:
    """The tickets under way in which the unit takes part, one range of an index of those alone.

    For a supervisor also what he has looked at among what lies below; an officer sees no others than these.
    """
    ours = select(Party.ticket_id).where(Party.unit_code == actor.unit_code, Party.closed_at.is_(None))
    if Role.SUPERVISOR not in actor.roles:
        return ours
    read = select(Reading.ticket_id).where(Reading.officer_id == actor.officer_id, seen_by(actor, Reading.ticket_id))
    latest = read.order_by(Reading.ticket_id.desc()).limit(LATEST)
    return union(ours, select(latest.subquery()))
