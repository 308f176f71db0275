"""The work list's selects: what a unit owes, what it waits for, what was escalated to it, what it may close."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from portal.escalation.models import Climb
from portal.ladder.ladder import ClockKind
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.queries import visible_to
from portal.web.actor import Actor
from portal.web.pagination import Key


class WorkView(StrEnum):
    """One tab of the work list."""

    OWED = "owed"
    WAITING = "waiting"
    ESCALATED = "escalated"
    TO_CLOSE = "to-close"


def clocks(actor: Actor, view: WorkView, after: Key | None, size: int) -> Select[Clock]:
    """One clock for each task of a view, the one that runs out first; by due time, from after a key on."""
    earliest = (
        select(Clock.task_id, func.min(Clock.due_at).label("due_at"))
        .where(*_running(actor), _of(actor, view))
        .group_by(Clock.task_id)
        .subquery()
    )
    first = (
        select(func.min(Clock.id))
        .where(Clock.task_id == earliest.c.task_id, Clock.due_at == earliest.c.due_at, Clock.stopped_at.is_(None))
        .correlate(earliest)
        .scalar_subquery()
    )
    statement = select(Clock).join(earliest, Clock.id == first)
    if after:
        statement = statement.where(tuple_(Clock.due_at, Clock.id) > tuple_(*after))
    return statement.order_by(Clock.due_at, Clock.id).limit(size + 1)


def to_close(actor: Actor, after: Key | None, size: int) -> Select[Ticket]:
    """The unit's own tickets on which everything is answered, oldest first."""
    statement = visible_to(actor).where(*_closable(actor))
    if after:
        statement = statement.where(tuple_(Ticket.resolved_at, Ticket.id) > tuple_(*after))
    return statement.order_by(Ticket.resolved_at, Ticket.id).limit(size + 1)


def counts(actor: Actor, at: datetime) -> Select[Any]:
    """One row: how many tasks each view holds, and how many of those owed are past their limit or near it.

    Drills are in no figure but their own.
    """
    owed = _per_task(actor, WorkView.OWED)
    late = func.sum(case((owed.c.due_at <= at, 1), else_=0))
    near = func.sum(case((and_(owed.c.due_at > at, owed.c.urge_at <= at), 1), else_=0))
    closable = select(func.count()).select_from(visible_to(actor).where(*_closable(actor), _real()).subquery())
    return select(
        select(func.count()).select_from(owed).scalar_subquery().label("owed"),
        select(func.coalesce(late, 0)).select_from(owed).scalar_subquery().label("late"),
        select(func.coalesce(near, 0)).select_from(owed).scalar_subquery().label("near"),
        *(_count(actor, view).label(view.value) for view in (WorkView.WAITING, WorkView.ESCALATED)),
        closable.scalar_subquery().label("to_close"),
        _drills(actor).label("drills"),
    )


def _per_task(actor: Actor, view: WorkView) -> Any:
    return (
        select(Clock.task_id, func.min(Clock.due_at).label("due_at"), func.min(Clock.urge_at).label("urge_at"))
        .where(*_running(actor), _of(actor, view), _counts())
        .group_by(Clock.task_id)
        .subquery()
    )


def _count(actor: Actor, view: WorkView) -> Any:
    counted = select(func.count(Clock.task_id.distinct())).where(*_running(actor), _of(actor, view), _counts())
    return counted.scalar_subquery()


def _drills(actor: Actor) -> Any:
    """How many tasks of drills the unit owes or waits for."""
    ours = or_(_of(actor, WorkView.OWED), _of(actor, WorkView.WAITING))
    drilled = select(func.count(Clock.task_id.distinct())).where(*_running(actor), ours, ~_counts())
    return drilled.scalar_subquery()


def _counts() -> ColumnElement[bool]:
    """Of a clock: its ticket is no drill."""
    return Clock.ticket_id.in_(select(Ticket.id).where(_real()))


def _real() -> ColumnElement[bool]:
    return Ticket.drill.is_(False)


def _running(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Clocks of tasks that run, on tickets that the actor may see."""
    seen = visible_to(actor).with_only_columns(Ticket.id)
    return Clock.stopped_at.is_(None), Clock.kind != ClockKind.OVERALL, Clock.ticket_id.in_(seen)


def _of(actor: Actor, view: WorkView) -> ColumnElement[bool]:
    if view is WorkView.OWED:
        return Clock.unit_code == actor.unit_code
    if view is WorkView.ESCALATED:
        return exists().where(Climb.clock_id == Clock.id, Climb.unit_code == actor.unit_code, Climb.rung >= 1)
    return and_(Clock.unit_code != actor.unit_code, _waits(actor))


def _waits(actor: Actor) -> ColumnElement[bool]:
    """The unit opened the ticket, or has a task on it whose turn is still to come."""
    own, opened = aliased(Task), aliased(Ticket)
    return or_(
        exists().where(opened.id == Clock.ticket_id, opened.opener_code == actor.unit_code),
        exists().where(
            own.ticket_id == Clock.ticket_id, own.unit_code == actor.unit_code, own.state == TaskState.WAITING
        ),
    )


def _closable(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Ticket.opener_code == actor.unit_code, Ticket.state == TicketState.RESOLVED


def key_of(after: Key) -> tuple[datetime, int]:
    """A key as it stood in an address; ValueError, TypeError for nonsense."""
    at, number = after
    return datetime.fromisoformat(str(at)), int(number)
