"""The part of a ticket's history that its page shows: the latest entries, and all that are new to the reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session, joinedload, lazyload

from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import entries_of, readable_by
from portal.web.actor import Actor

SHOWN, MORE = 40, 100
"Entries that a page shows at first, and how many more at a time."
RUNGS = ("climbed", "skipped")


@dataclass(frozen=True)
class Part:
    """The entries shown, oldest first, how many there are before them, and all that tell of rungs."""

    entries: Sequence[Entry]
    earlier: int
    rungs: Sequence[Entry]


def part_of(session: Session, actor: Actor, ticket: Ticket, shown: int = SHOWN, since: int | None = None) -> Part:
    """The latest `shown` entries that `actor` may read, and at least everything from `since` on."""
    readable = entries_of(actor, ticket)
    total, needed = _count(session, actor, ticket, since)
    backwards = readable.order_by(None).order_by(Entry.id.desc()).limit(max(shown, needed))
    entries = list(reversed(session.scalars(backwards.options(joinedload(Entry.by_unit))).all()))
    return Part(entries, total - len(entries), _rungs(session, actor, ticket))


def _count(session: Session, actor: Actor, ticket: Ticket, since: int | None) -> tuple[int, int]:
    """How many entries there are, and how many from `since` on."""
    needed = func.count(case((Entry.id >= since, 1))) if since else literal(0)
    ours = Entry.ticket_id == ticket.id, readable_by(actor)
    total, after = session.execute(select(func.count(), needed).select_from(Entry).where(*ours)).one()
    return total, after


def _rungs(session: Session, actor: Actor, ticket: Ticket) -> Sequence[Entry]:
    """What the history tells of rungs, however far back: the ladders show them, whatever part of it is shown."""
    climbed = entries_of(actor, ticket).where(Entry.kind.in_(RUNGS))
    return session.scalars(climbed.options(lazyload("*"))).all()
