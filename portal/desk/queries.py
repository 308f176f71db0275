"""The work list's selects: what a unit owes, what it waits for, what was escalated, what it may close.

Each walks an index of the unit's own in the order of the list, and asks the rest of one row at a time.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    not_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.desk.state import DueWithin, Sieve, WorkView
from portal.escalation.models import Climb
from portal.ladder.ladder import ClockKind
from portal.tickets.assigning import falling_to
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import DRILLS, Clock, Entry, Party, Task, Ticket
from portal.tickets.queries import seen_by, sees_own
from portal.tickets.readers import Mention
from portal.tickets.unread import unread_for, unread_tickets
from portal.web.actor import Actor
from portal.web.pagination import Key

MOST_COUNTED = 100
"A count says 99+ from here on: it costs no more however much there is."
ANY = "any"
"Of drills: they as well as the others; no address says so."
MOST_LOOKED_AT = 300
"Of another list: among how many of its tasks drills are looked for."
MOST_TALLIED = 1_000
"Tasks of which it is counted how many are late or near, and how many are drills."


BY_TICKET = frozenset({WorkView.UNREAD, WorkView.MENTIONS, WorkView.TO_CLOSE})
"The views that list tickets; the others list tasks with the clock that runs out first."


def clocks(actor: Actor, sieve: Sieve, at: datetime, tz: ZoneInfo, after: Key | None, size: int) -> Select[Clock]:
    """One clock for each task of a view, the one that runs out first; by due time, from after a key on."""
    statement, order = _listed(actor, sieve, at, tz), _order(sieve.view)
    if after:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return statement.order_by(*order).limit(size + 1)


def to_close(actor: Actor, sieve: Sieve, tz: ZoneInfo, after: Key | None, size: int) -> Select[Ticket]:
    """The unit's own tickets on which everything is answered, oldest first."""
    statement = select(Ticket).where(*_closable(actor), *_about(sieve, tz))
    if after:
        statement = statement.where(tuple_(Ticket.resolved_at, Ticket.id) > tuple_(*after))
    return statement.order_by(Ticket.resolved_at, Ticket.id).limit(size + 1)


def unread(
    actor: Actor, sieve: Sieve, tz: ZoneInfo, after: Key | None, size: int
) -> Select[*tuple[Ticket, int, int, datetime, int]]:
    """(ticket, entries not yet seen, those that name the officer, when and which was the newest), the newest first."""
    news = unread_for(actor).add_columns(func.max(Entry.at).label("at"), func.max(Entry.id).label("last")).subquery()
    columns = news.c.entries, news.c.mentions, news.c.at, news.c["last"]
    statement = select(Ticket, *columns).join(news, news.c.ticket_id == Ticket.id).where(*_about(sieve, tz))
    if sieve.view is WorkView.MENTIONS:
        statement = statement.where(news.c.mentions > 0)
    if after:
        statement = statement.where(news.c["last"] < after[1])
    return statement.order_by(news.c["last"].desc()).limit(size + 1)


def counts(
    actor: Actor, at: datetime, tz: ZoneInfo, sieves: Mapping[str, Sieve], shown: Sieve | None = None
) -> Select[*tuple[Any, ...]]:
    """One row: what the `tally` tells; how much each list holds, no further than `MOST_COUNTED`.

    With the list that is `shown` also `drills`: how many stand apart from it.
    """
    owed = tally(actor, at, tz).subquery()
    told = {name: _count(actor, sieve, at, tz) for name, sieve in sieves.items()}
    if shown:
        told["drills"] = _drills(actor, shown, at, tz)
    return select(owed, *(count.label(name) for name, count in told.items()))


def tally(actor: Actor, at: datetime, tz: ZoneInfo) -> Select[*tuple[Any, ...]]:
    """One row: (owed, late, near, owed_drills), of the first `MOST_TALLIED` owed; the drills count in no other figure.

    `late` are past their limit, `near` in their last quarter.
    """
    owed = _listed(actor, Sieve(drill=ANY), at, tz, counts=True).order_by(Clock.due_at).limit(MOST_TALLIED)
    first = owed.with_only_columns(Clock.due_at, Clock.urge_at, Ticket.drill).subquery()
    real, is_late = first.c.drill.is_(False), first.c.due_at <= at
    figures = {
        "owed": real,
        "late": and_(real, is_late),
        "near": and_(real, not_(is_late), first.c.urge_at <= at),
        "owed_drills": first.c.drill.is_(True),
    }
    told = (func.count(case((counts, 1))).label(name) for name, counts in figures.items())
    return select(*told).select_from(first)


def tasks_to_sign(actor: Actor, task_ids: list[int]) -> Select[*tuple[int, str]]:
    """(task, number of its ticket) of those that `actor` may see."""
    of_tasks = select(Task.id, Ticket.number).join(Ticket, Ticket.id == Task.ticket_id)
    return of_tasks.where(Task.id.in_(task_ids), seen_by(actor, Task.ticket_id)).order_by(Task.id)


def key_of(after: Key) -> tuple[datetime, int]:
    """A key as it stood in an address; ValueError, TypeError for nonsense."""
    at, number = after
    return datetime.fromisoformat(str(at)), int(number)


def _count(actor: Actor, sieve: Sieve, at: datetime, tz: ZoneInfo) -> Any:
    if sieve.view is WorkView.TO_CLOSE:
        rows = select(literal(1)).select_from(Ticket).where(*_closable(actor), *_about(sieve, tz))
    elif sieve.view in BY_TICKET:
        rows = _news(actor, sieve, tz)
    else:
        rows = _listed(actor, sieve, at, tz, counts=True).with_only_columns(literal(1))
    if sieve.view is WorkView.ESCALATED:  # along the list's index, even where one unit has nearly all that stands
        rows = rows.order_by(*_order(sieve.view))
    count = select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery()).scalar_subquery()
    if sieve.view is not WorkView.MENTIONS:
        return count
    named = exists().where(Mention.officer_id == actor.officer_id)  # of who is named nowhere nothing is looked through
    return case((named, count), else_=0)


def _drills(actor: Actor, sieve: Sieve, at: datetime, tz: ZoneInfo) -> Any:
    """How many stand apart; of a list of tasks among its first `MOST_LOOKED_AT`, if there is any drill at all."""
    if sieve.view in BY_TICKET:
        return _count(actor, replace(sieve, drill="only"), at, tz)
    some = _listed(actor, replace(sieve, drill=ANY), at, tz, counts=True).order_by(*_order(sieve.view))
    first = some.limit(MOST_LOOKED_AT).with_only_columns(Ticket.drill).subquery()
    count = select(func.count()).select_from(first).where(first.c.drill).scalar_subquery()
    any_at_all = exists().select_from(Ticket).where(text(DRILLS)).correlate(None)
    return case((any_at_all, count), else_=0)


def _news(actor: Actor, sieve: Sieve, tz: ZoneInfo) -> Select[int]:
    """A row for each ticket with something unread, or with something unread that names the officer."""
    if sieve.view is not WorkView.MENTIONS:
        return unread_tickets(actor, _about(sieve, tz))
    named = select(Entry.ticket_id).join(Mention, Mention.entry_id == Entry.id)
    among = Ticket.id.in_(named.where(Mention.officer_id == actor.officer_id))
    return unread_tickets(actor, [*_about(sieve, tz), among], named=True)


def _listed(actor: Actor, sieve: Sieve, at: datetime, tz: ZoneInfo, *, counts: bool = False) -> Select[Clock]:
    """The clocks of a view: of each task the first that runs, on tickets that the actor may see.

    Who only counts looks at the task where its state is asked for.
    """
    if sieve.view is WorkView.ESCALATED:
        statement = select(Clock).join(Climb, Climb.clock_id == Clock.id).where(*_standing_at(actor), _climbed_once())
        sees = seen_by(actor, Clock.ticket_id)
    else:
        statement, sees = select(Clock).where(*_of(actor, sieve.view, Clock)), sees_own(actor)
    statement = statement.join(Ticket, Ticket.id == Clock.ticket_id)
    if sieve.state or not counts:
        statement = statement.join(Task, Task.id == Clock.task_id)
    statement = statement.where(*_running(Clock), _is_first(actor, sieve.view), *_of_task(actor, sieve.view, at))
    return statement.where(sees, *_about(sieve, tz), *_now(sieve, at))


def _order(view: WorkView) -> tuple[InstrumentedAttribute[Any], InstrumentedAttribute[int]]:
    """In which the index lies that a list walks: when the clock runs out, and its number."""
    return (Climb.runs_out_at, Climb.clock_id) if view is WorkView.ESCALATED else (Clock.due_at, Clock.id)


def _standing_at(actor: Actor, climb: type[Climb] = Climb) -> tuple[ColumnElement[bool], ...]:
    """What climbed to the unit as to a supervisor, while its clock runs."""
    return climb.unit_code == actor.unit_code, climb.runs_out_at.is_not(None), climb.rung >= 1


def _climbed_once() -> ColumnElement[bool]:
    """Of several rungs of a clock that led to one unit the lowest."""
    other = aliased(Climb)
    same = other.clock_id == Climb.clock_id, other.unit_code == Climb.unit_code
    return ~exists().where(*same, other.rung >= 1, other.rung < Climb.rung)


def _running(clock: type[Clock]) -> tuple[ColumnElement[bool], ...]:
    return clock.stopped_at.is_(None), clock.kind != ClockKind.OVERALL


def _is_first(actor: Actor, view: WorkView) -> ColumnElement[bool]:
    """No other clock of the same task, in the same view, runs out earlier; what is asked of the task holds for both."""
    other = aliased(Clock)
    earlier = tuple_(other.due_at, other.id) < tuple_(Clock.due_at, Clock.id)
    return ~exists().where(other.task_id == Clock.task_id, earlier, *_running(other), *_of(actor, view, other))


def _of(actor: Actor, view: WorkView, clock: type[Clock]) -> tuple[ColumnElement[bool], ...]:
    """What a view asks of each clock."""
    if view in {WorkView.OWED, WorkView.MINE}:
        return (clock.unit_code == actor.unit_code,)
    if view is WorkView.ESCALATED:
        climb = aliased(Climb)
        return (exists().where(climb.clock_id == clock.id, *_standing_at(actor, climb)),)
    return (clock.unit_code != actor.unit_code,)


def _of_task(actor: Actor, view: WorkView, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """What it asks of the task, or of its ticket, whichever clock of it is looked at."""
    if view is WorkView.MINE:
        return (Clock.task_id.in_(falling_to(actor, at)),)
    return () if view in {WorkView.OWED, WorkView.ESCALATED} else (Clock.ticket_id.in_(_waited_for(actor)),)


def _waited_for(actor: Actor) -> Any:
    """The unit opened the ticket, or has a task on it whose turn is still to come."""
    opened = select(Ticket.id).where(Ticket.opener_code == actor.unit_code, Ticket.state == TicketState.OPEN)
    to_come = select(Task.ticket_id).where(Task.unit_code == actor.unit_code, Task.state == TaskState.WAITING)
    return opened.union(to_come)


def _about(sieve: Sieve, tz: ZoneInfo) -> list[ColumnElement[bool]]:
    """What a sieve says of the ticket."""
    first, last = sieve.opened_between
    asked: list[tuple[Any, ColumnElement[bool]]] = [
        (sieve.drill != ANY, Ticket.drill.is_(bool(sieve.drill))),
        (sieve.procedure, Ticket.procedure == sieve.procedure),
        (sieve.urgency, Ticket.urgency == sieve.urgency),
        (sieve.unit, exists().where(Party.ticket_id == Ticket.id, Party.unit_code == sieve.unit)),
    ]
    if first:
        asked.append((True, Ticket.opened_at >= datetime.combine(first, time(), tz)))
    if last:
        asked.append((True, Ticket.opened_at < datetime.combine(last + timedelta(days=1), time(), tz)))
    return [condition for wanted, condition in asked if wanted]


def _now(sieve: Sieve, at: datetime) -> list[ColumnElement[bool]]:
    """What it says of the task and of its time."""
    asked = [Task.state == TaskState(sieve.state)] if sieve.state in set(TaskState) else []
    if sieve.due:
        asked.append(_order(sieve.view)[0] <= _until(at, DueWithin(sieve.due)))
    return asked


def _until(at: datetime, due: DueWithin) -> Any:
    """The end of what is asked for; of an instant that is only named, another name."""
    return bindparam(f"until_{due}") if isinstance(at, BindParameter) else at + due.time


def _closable(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Ticket.opener_code == actor.unit_code, Ticket.state == TicketState.RESOLVED, sees_own(actor)
