"""The part of a ticket's history that its page shows: the latest entries, and all that are new to the reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.orm import Session, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from directory.models import Unit
from portal.tickets.hanging import hang_on
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import readable_by
from portal.tickets.rare import may_have, rarely, what_there_is
from portal.tickets.readers import Reading
from portal.tickets.shape import KEPT, Prepared, Shape, bound, shape_of
from portal.web.actor import Actor

SHOWN, MORE = 40, 100
"Entries that a page shows at first, and how many more at a time."
RUNGS = ("climbed", "skipped")
CLIMBED = "climbed"
LARGEST = 2**31 - 1
"After every entry."


@dataclass(frozen=True)
class Part:
    """The entries shown, oldest first, how many there are before them, and all that tell of rungs."""

    entries: Sequence[Entry]
    earlier: int
    rungs: Sequence[Entry]
    seen: int | None
    "the newest entry that the reader was shown before; None for a first look, or without an account"
    there: frozenset[str]
    "what the ticket has of all that is rare"


def part_of(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    units: Mapping[str, Unit],
    shown: int = SHOWN,
    since: int | None = None,
    *,
    at: datetime,
) -> Part:
    """The latest `shown` entries that `actor` may read; at least everything from `since` on, and what is not seen yet.

    `units`: those that are at hand; `at`: of who is there now.
    """
    shape, asked = shape_of(actor), bound(actor, ticket_id=ticket.id)
    total, needed, new, seen = Prepared(_count(shape), {**asked, "since": since or LARGEST}).rows(session).one()
    most = max(shown, needed, new)
    entries = list(reversed(session.scalars(_backwards(shape), {**asked, "most": most}).all()))
    there = what_there_is(session, actor, ticket, entries, at)
    hang_on(session, entries, there)
    _with_all(session, ticket, entries, units)
    rungs: Sequence[Entry] = [entry for entry in entries if entry.kind in RUNGS]
    if total > len(entries) and may_have(CLIMBED, there):
        rungs = session.scalars(_rungs(shape), asked).all()
    return Part(entries, total - len(entries), rungs, seen, there)


def _with_all(session: Session, ticket: Ticket, entries: Sequence[Entry], units: Mapping[str, Unit]) -> None:
    """What each line of the history shows besides its own row."""
    tasks = {task.id: task for task in ticket.tasks}
    others = {entry.by_unit_code for entry in entries if entry.by_unit_code} - units.keys()
    found = session.scalars(_UNITS, {"codes": list(others)}) if others else ()
    by = {**units, **{unit.code: unit for unit in found}}
    for entry in entries:
        set_committed_value(entry, "ticket", ticket)
        set_committed_value(entry, "task", tasks.get(entry.task_id or 0))
        set_committed_value(entry, "by_unit", by.get(entry.by_unit_code or ""))


@lru_cache(KEPT)
def _count(shape: Shape) -> Select[*tuple[Any, ...]]:
    """How many entries there are, from `since` on, from the newest one that was seen on; and which that is."""
    mine = Reading.ticket_id == bindparam("ticket_id"), Reading.officer_id == shape.actor().officer_id
    seen = select(Reading.last_entry_id).where(*mine).scalar_subquery()
    since: BindParameter[int] = bindparam("since")
    wanted, new = func.count(case((Entry.id >= since, 1))), func.count(case((Entry.id >= seen, 1)))
    return select(func.count(), wanted, new, seen).select_from(Entry).where(*_ours(shape))


@lru_cache(KEPT)
def _backwards(shape: Shape) -> Select[Entry]:
    """The newest first."""
    latest = select(Entry).where(*_ours(shape)).order_by(Entry.id.desc()).limit(bindparam("most"))
    return latest.options(lazyload("*"))


@lru_cache(KEPT)
def _rungs(shape: Shape) -> Select[Entry]:
    return _climbed(shape).options(lazyload("*"))


def _climbed(shape: Shape) -> Select[Entry]:
    """What the history tells of rungs, however far back: the ladders show them, whatever part of it is shown."""
    return select(Entry).where(*_ours(shape), Entry.kind.in_(RUNGS)).order_by(Entry.id)


def _ours(shape: Shape) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Entry.ticket_id == bindparam("ticket_id"), readable_by(shape.actor())


rarely(CLIMBED, lambda reader: _climbed(shape_of(reader)))
_UNITS = select(Unit).where(Unit.code.in_(bindparam("codes", expanding=True)))
