"""Which days are to be counted anew: those of which something was written since, and all when the command changed."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.statistics import queries
from portal.statistics.models import CountedDay, CountingMark
from portal.statistics.rebuilding import digest_now, local_day
from portal.tickets.models import Entry

ENTRIES_AT_A_TIME = 20_000
GIVEN_UP, HANDED_ON = "given_up", ("handed_on", "merged")
"Entries that change what an earlier day says: a duplicate is no second case, a rung counts where the task is now."


def mark_days(session: Session, at: datetime) -> bool:
    """Read on in the histories; whether there is more to read. Where the chain of command changed, every day is marked.

    What was seen last time is read once more, since a transaction that began before may have ended after.
    """
    mark = session.get(CountingMark, 1, with_for_update=True)
    if mark is None:
        mark = CountingMark(id=1, entry_id=0, seen_id=0, command="")
        session.add(mark)
    newest = session.scalar(select(func.max(Entry.id))) or 0
    last = min(newest, mark.entry_id + ENTRIES_AT_A_TIME)
    if last > mark.entry_id:
        _mark(session, _days(session, mark.entry_id, last))
    caught_up = last == newest
    mark.entry_id, mark.seen_id = (mark.seen_id, newest) if caught_up and mark.seen_id <= last else (last, last)
    _follow_command(session, mark)
    mark.at = at
    return not caught_up


def _days(session: Session, after: int, last: int) -> set[date]:
    instants: set[datetime] = set()
    given_up, moved = set(), set()
    for at, kind, ticket, task in session.execute(queries.entries_between(after, last)):
        instants.add(at)
        if kind == GIVEN_UP:
            given_up.add(ticket)
        if kind in HANDED_ON and task is not None:
            moved.add(task)
    instants.update(session.scalars(queries.opened_at(given_up)) if given_up else ())
    instants.update(session.scalars(queries.climbed_at(moved)) if moved else ())
    return {local_day(session, instant) for instant in instants}


def _mark(session: Session, days: Iterable[date]) -> None:
    wanted = set(days)
    session.execute(update(CountedDay).where(CountedDay.day.in_(wanted)).values(counted_at=None))
    known = set(session.scalars(select(CountedDay.day).where(CountedDay.day.in_(wanted))))
    session.add_all(CountedDay(day=day) for day in sorted(wanted - known))


def _follow_command(session: Session, mark: CountingMark) -> None:
    digest = digest_now(session)
    if mark.command != digest:
        session.execute(update(CountedDay).values(counted_at=None))
        mark.command = digest
