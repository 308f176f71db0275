"""A unit merged into another: what it owes and what it asked for is the other one's from now on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, false, func, insert, literal, select
from sqlalchemy.orm import Session, selectinload

from portal.terms.indexing import index_unit_on
from portal.tickets.clocks import find_top
from portal.tickets.extension import asked_on
from portal.tickets.forecast import plan_next
from portal.tickets.history import record
from portal.tickets.lifecycle import SETTLED_STATES, UNDER_WAY
from portal.tickets.models import Party, Task, Ticket
from portal.tickets.queries import decider_of, running_clocks
from portal.tickets.readers import EntryReader
from portal.web.actor import Actor


@dataclass(frozen=True)
class OpenWork:
    """How many tasks a unit still owes, and how many tickets of its own are under way."""

    tasks: int
    opened: int


def open_work(session: Session, unit_code: str) -> OpenWork:
    """What would move if the unit were merged into another."""
    owed = select(func.count()).where(Task.unit_code == unit_code, Task.state.not_in(SETTLED_STATES))
    opened = select(func.count()).where(Ticket.opener_code == unit_code, Ticket.state.in_(UNDER_WAY))
    return OpenWork(session.scalar(owed) or 0, session.scalar(opened) or 0)


def move_open_work(
    session: Session, actor: Actor, closed: str, successor: str, moved_units: Collection[str], at: datetime
) -> OpenWork:
    """Give the successor the open tasks and tickets of a closed unit, each with an entry of its own on its ticket.

    The limits stay; who is above changes, also for `moved_units`, the units that come below the successor with it:
    the top of each ticket's ladder is found anew. The successor may see every ticket, and read every
    aside, that the closed unit could.
    """
    _see_the_same(session, closed, successor)
    tasks = opened = 0
    for ticket in session.scalars(_under_way_at({closed, *moved_units})).all():
        tasks += _move_tasks(session, actor, ticket, closed, successor, at)
        opened += _move_ticket(session, actor, ticket, closed, successor, at)
        _climb_anew(session, ticket, at)
    return OpenWork(tasks, opened)


def climb_anew(session: Session, actor: Actor, moved_units: Collection[str], at: datetime) -> int:
    """The chain of command above these units has changed: their tickets under way have their next rungs in the new one.

    No limit changes. Answers how many tickets there are; each has an entry.
    """
    tickets = session.scalars(_under_way_at(moved_units)).all()
    for ticket in tickets:
        record(session, ticket, "regrouped", actor, at)
        _climb_anew(session, ticket, at)
    return len(tickets)


def _under_way_at(codes: Collection[str]) -> Select[Ticket]:
    """The tickets under way in which one of these units takes part, locked, in order, so that two mergers may meet."""
    ours = select(Party.ticket_id).where(Party.unit_code.in_(codes))
    return (
        select(Ticket)
        .where(Ticket.id.in_(ours), Ticket.state.in_(UNDER_WAY))
        .options(selectinload(Ticket.tasks).selectinload(Task.clocks), selectinload(Ticket.clocks))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )


def _see_the_same(session: Session, closed: str, successor: str) -> None:
    already = select(Party.ticket_id).where(Party.unit_code == successor)
    all_of_it = select(Party.ticket_id, literal(successor), Party.closed_at).where(Party.unit_code == closed)
    seen = all_of_it.where(Party.ticket_id.not_in(already))
    session.flush()
    session.execute(insert(Party).from_select(["ticket_id", "unit_code", "closed_at"], seen))
    reads = select(EntryReader.entry_id).where(EntryReader.unit_code == successor)
    told = select(EntryReader.entry_id, literal(successor), false()).where(
        EntryReader.unit_code == closed, EntryReader.entry_id.not_in(reads)
    )
    session.execute(insert(EntryReader).from_select(["entry_id", "unit_code", "addressed"], told))
    index_unit_on(session, select(Party.ticket_id).where(Party.unit_code == closed), successor)


def _move_tasks(session: Session, actor: Actor, ticket: Ticket, closed: str, successor: str, at: datetime) -> int:
    owed = [task for task in ticket.tasks if task.unit_code == closed and task.state not in SETTLED_STATES]
    for task in owed:
        task.unit_code = successor
        record(session, ticket, "merged", actor, at, task=task, former=closed, unit=successor)
    for clock in running_clocks(ticket):
        if clock.unit_code == closed:
            clock.unit_code = successor
        if clock.hours_code == closed:
            clock.hours_code = successor
    return len(owed)


def _move_ticket(session: Session, actor: Actor, ticket: Ticket, closed: str, successor: str, at: datetime) -> int:
    if ticket.registry_code == closed:
        ticket.registry_code = successor
    if ticket.opener_code != closed:
        return 0
    ticket.opener_code = successor
    record(session, ticket, "merged", actor, at, former=closed, unit=successor)
    return 1


def _climb_anew(session: Session, ticket: Ticket, at: datetime) -> None:
    """The next rungs, and who decides what is asked for, in the chain of command as it is now."""
    session.flush()
    find_top(session, ticket)
    plan_next(session, running_clocks(ticket), at)
    for request in session.scalars(asked_on(ticket)):
        session.refresh(request.task, ["unit"])
        session.refresh(request.task.unit, ["parent"])
        request.unit_code, request.decider_code = request.task.unit_code, decider_of(request.task)
