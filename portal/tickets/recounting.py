"""Running limits counted anew after working time has changed: a year loaded, a unit's hours, a day."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload, sessionmaker

from directory.calendars import calendar_of, count_anew
from directory.days import Recount
from directory.working_time import calendar_day_end
from portal.tickets.clocks import count_limit, set_limit
from portal.tickets.forecast import Command, command_of, rungs_to_come
from portal.tickets.history import record
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.queries import running_clocks
from portal.web.actor import PORTAL

log = logging.getLogger(__name__)

BATCH = 50
"Tickets in one transaction."


def recount_all(sessions: sessionmaker[Session], at: datetime, alive: Callable[[], None] = lambda: None) -> int:
    """Count anew what was asked for, batch by batch; how many tickets. Killed, it goes on after the last batch.

    `alive` is called before each batch.
    """
    counted = 0
    while True:
        alive()
        with closing(sessions()) as session:
            asked = session.scalar(_asked())
            if asked is None:
                session.rollback()
                return counted
            counted += _batch(session, asked, at)
            session.commit()


def ask_about_days_known_since(session: Session, at: datetime) -> bool:
    """Ask for a count where limits rest on days that were assumed and are known by now, by a new list of holidays.

    Whether there were any. A year that is signed off asks by itself.
    """
    office = calendar_of(session, "")
    known = calendar_day_end(office.known_until, 0, office.tz)
    doubtful = select(Clock.id).where(Clock.stopped_at.is_(None), Clock.provisional, Clock.due_at <= known)
    if session.scalar(doubtful.limit(1)) is None:
        return False
    count_anew(session, None, str(office.known_until.year), at)
    return True


def recount_ticket(session: Session, ticket: Ticket, cause: str, at: datetime) -> bool:
    """Count the running clocks of a ticket anew, with an entry for each that ends at another time, or is certain now.

    What was climbed stays climbed, and is not climbed again; whether anything changed.
    """
    clocks = running_clocks(ticket)
    command = command_of(session, clocks, at)
    changed = [_recount(session, clock, command, cause, at) for clock in clocks]
    return any(changed)


def _recount(session: Session, clock: Clock, command: Command, cause: str, at: datetime) -> bool:
    ticket, when = clock.ticket, count_limit(session, clock)
    before, was_provisional = clock.due_at, clock.provisional
    changed = (when.due_at, when.provisional) != (before, was_provisional)
    set_limit(clock, when)
    clock.next_at = next((rung.at for rung in rungs_to_come(session, clock, command)), None)
    if changed:
        record(session, ticket, "recounted", PORTAL, at, task=clock.task, clock=clock.kind, unit=clock.unit_code,
               before=before.isoformat(), due=when.due_at.isoformat(), provisional=when.provisional,
               cause=cause)  # fmt: skip
    return changed


def _batch(session: Session, asked: Recount, at: datetime) -> int:
    ids = session.scalars(_tickets(asked)).all()
    for ticket in session.scalars(_locked(ids)):
        try:
            with session.begin_nested():
                recount_ticket(session, ticket, asked.cause, at)
        except Exception:
            log.exception("ticket %s: its limits stay as they were", ticket.number)
    if len(ids) < BATCH:
        asked.done_at = at
    asked.through = ids[-1] if ids else asked.through
    return len(ids)


def _asked() -> Select[Recount]:
    waiting = select(Recount).where(Recount.done_at.is_(None)).order_by(Recount.id).limit(1)
    return waiting.with_for_update(skip_locked=True)


def _tickets(asked: Recount) -> Select[int]:
    """The ids of the next tickets with a clock that runs, of the unit if it is one's."""
    running = select(Clock.ticket_id).where(Clock.stopped_at.is_(None), Clock.ticket_id > asked.through)
    if asked.unit_code is not None:
        running = running.where(or_(Clock.unit_code == asked.unit_code, Clock.hours_code == asked.unit_code))
    return running.distinct().order_by(Clock.ticket_id).limit(BATCH)


def _locked(ids: Sequence[int]) -> Select[Ticket]:
    return (
        select(Ticket)
        .where(Ticket.id.in_(ids))
        .options(selectinload(Ticket.tasks).selectinload(Task.clocks), selectinload(Ticket.clocks))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
