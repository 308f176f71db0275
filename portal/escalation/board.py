"""What stands still below a unit: selects for the supervision page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from directory.models import Unit, UnitAncestor
from directory.queries import subtree_codes
from portal.tickets.extension import Extension, ExtensionState
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.queries import sees_owing, visible_to
from portal.web.actor import Actor
from portal.web.pagination import Key

RUNGS = (1, 2, 3)
AGES = (1, 3, 10, 30)
"Calendar days past the limit."
MOST_TO_DECIDE = 50


@dataclass(frozen=True)
class BoardFilter:
    """Which of what stands still: at a unit and all below it, from a rung on, past its limit for so many days."""

    unit: str
    rung: int = 0
    days: int = 0


def standing_still(actor: Actor, wanted: BoardFilter, at: datetime, after: Key | None, size: int) -> Select[Clock]:
    """The running clocks past their limit, the longest first, from after a key on."""
    statement = (
        select(Clock)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(*_running(actor), Clock.unit_code.in_(subtree_codes(wanted.unit)))
        .where(Clock.due_at <= at - timedelta(days=wanted.days))
        .options(
            contains_eager(Clock.ticket).joinedload(Ticket.opener).joinedload(Unit.parent),
            joinedload(Clock.task),
            joinedload(Clock.unit).joinedload(Unit.parent),
        )
        .order_by(Clock.due_at, Clock.id)
        .limit(size + 1)
    )
    if wanted.rung:
        statement = statement.where(Clock.rung >= wanted.rung)
    return statement.where(tuple_(Clock.due_at, Clock.id) > tuple_(*after)) if after else statement


def to_decide(actor: Actor) -> Select[Extension]:
    """The requests for more time that the actor's unit decides, the oldest first."""
    seen = visible_to(actor).with_only_columns(Ticket.id)
    return (
        select(Extension)
        .join(Task, Task.id == Extension.task_id)
        .where(Extension.decider_code == actor.unit_code, Extension.state == ExtensionState.PENDING)
        .where(Task.ticket_id.in_(seen))
        .options(
            joinedload(Extension.task).options(joinedload(Task.ticket), selectinload(Task.clocks)),
            joinedload(Extension.unit).joinedload(Unit.parent),
            joinedload(Extension.entry),
        )
        .order_by(Extension.id)
        .limit(MOST_TO_DECIDE)
    )


def how_many_to_decide(actor: Actor) -> Select[int]:
    """How many they are, also beyond those that are listed."""
    return select(func.count()).select_from(to_decide(actor).limit(None).subquery())


def counts_below(actor: Actor, codes: list[str], at: datetime) -> Select[*tuple[Any, ...]]:
    """Of each of these units, with all below it: (code, past the limit, in the last quarter, escalated)."""
    late = func.sum(case((Clock.due_at <= at, 1), else_=0))
    near = func.sum(case((Clock.due_at > at, 1), else_=0))
    climbed = func.sum(case((Clock.rung >= 1, 1), else_=0))
    return (
        select(UnitAncestor.ancestor_code, late, near, climbed)
        .join(Clock, Clock.unit_code == UnitAncestor.unit_code)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(UnitAncestor.ancestor_code.in_(codes), *_running(actor), Clock.urge_at <= at)
        .group_by(UnitAncestor.ancestor_code)
    )


def _running(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Of the tickets that one may see: who owes takes part; a drill stands still for practice, and counts nowhere."""
    return Clock.stopped_at.is_(None), sees_owing(actor, Clock.unit_code), Ticket.drill.is_(False)
