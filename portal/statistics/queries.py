"""What is counted of a day, and reading the counts back."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from directory.models import Unit, UnitAncestor, UnitKind
from portal.escalation.models import Climb
from portal.ladder.ladder import ClockKind
from portal.linking.models import Duplicate
from portal.statistics.figures import COUNTED
from portal.statistics.models import MINUTES, daily_figure, daily_pair
from portal.statistics.periods import Period
from portal.tickets.models import Clock, Entry, Task, Ticket
from portal.tickets.shape import spelled_out

SETTLES = ("answered", "returned")
"The entries that end an answer's time."


# What happened between two instants; drills count nowhere


def accepted(since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """(opener, procedure, number) of tickets opened; one that was given up as a duplicate is no second case."""
    twice = exists().where(Duplicate.ticket_id == Ticket.id)
    return (
        select(Ticket.opener_code, Ticket.procedure, func.count())
        .where(*_within(Ticket.opened_at, since, until), Ticket.drill.is_(False), ~twice)
        .group_by(Ticket.opener_code, Ticket.procedure)
    )


def received(since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """(unit, procedure, step, opener, number) of tasks that reached a unit: each began a sign-for clock there."""
    row = (Clock.unit_code, Ticket.procedure, Task.step, Ticket.opener_code)
    return (
        select(*row, func.count())
        .join(Task, Task.id == Clock.task_id)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(Clock.kind == ClockKind.SIGN_FOR, *_within(Clock.started_at, since, until), Ticket.drill.is_(False))
        .group_by(*row)
    )


def settled(since: datetime, until: datetime) -> Select[Clock, str, Any]:
    """(clock, answered or returned, detail of the entry) of answer clocks that ended; its ticket and task at hand.

    A cycle in which nobody signs for anything is the opener's, who amends: it is no answer.
    """
    signing = aliased(Clock)
    owed = exists().where(
        signing.task_id == Clock.task_id, signing.cycle == Clock.cycle, signing.kind == ClockKind.SIGN_FOR
    )
    ended = and_(Entry.ticket_id == Clock.ticket_id, Entry.task_id == Clock.task_id, Entry.at == Clock.stopped_at)
    return (
        select(Clock, Entry.kind, Entry.detail)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .join(Entry, ended)
        .where(Clock.kind == ClockKind.ANSWER, *_within(Clock.stopped_at, since, until))
        .where(Entry.kind.in_(SETTLES), Ticket.drill.is_(False), owed)
        .options(joinedload(Clock.ticket), joinedload(Clock.task))
        .order_by(Clock.id, Entry.id)
    )


def climbed(since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """(unit that owed, procedure, step or None, rung, number) of rungs at which somebody was mailed."""
    row = (Clock.unit_code, Ticket.procedure, Task.step, Climb.rung)
    return (
        select(*row, func.count())
        .join(Clock, Clock.id == Climb.clock_id)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .outerjoin(Task, Task.id == Clock.task_id)
        .where(*_within(Climb.climbed_at, since, until), Climb.skipped.is_(None), Ticket.drill.is_(False))
        .group_by(*row)
    )


def entries_between(after: int, last: int) -> Select[datetime, str, int, int | None]:
    """(at, kind, ticket, task) of what was written into histories; of these ids."""
    rows = select(Entry.at, Entry.kind, Entry.ticket_id, Entry.task_id)
    return rows.where(Entry.id > after, Entry.id <= last)


def opened_at(ticket_ids: Collection[int]) -> Select[datetime]:
    return select(Ticket.opened_at).where(Ticket.id.in_(ticket_ids))


def climbed_at(task_ids: Collection[int]) -> Select[datetime]:
    """When rungs of these tasks were climbed."""
    return select(Climb.climbed_at).join(Clock, Clock.id == Climb.clock_id).where(Clock.task_id.in_(task_ids))


# What stands now


def waiting_pairs(unit: str, at: datetime) -> Select[str, str, int, int]:
    """(opener, unit that owes, waiting, past the limit) of what is owed now, where one of the two is below a unit.

    Of a clock its index says all of this, in the order of the tickets.
    """
    late = func.count().filter(Clock.due_at <= at)
    return spelled_out(
        select(Ticket.opener_code, Clock.unit_code, func.count(), late)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(*_owed_now(), or_(Clock.unit_code.in_(below(unit)), Ticket.opener_code.in_(below(unit))))
        .group_by(Ticket.opener_code, Clock.unit_code)
    )


def below(unit: str) -> Select[str]:
    """The unit itself and all below it."""
    return select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == unit)


def homes() -> Select[str, str]:
    """(unit, its prefecture's unit); the corps belongs to none."""
    detachments = select(Unit.code).where(Unit.kind == UnitKind.DETACHMENT)
    return select(UnitAncestor.unit_code, UnitAncestor.ancestor_code).where(UnitAncestor.ancestor_code.in_(detachments))


def _owed_now() -> tuple[ColumnElement[bool], ...]:
    return Clock.stopped_at.is_(None), Clock.kind == ClockKind.ANSWER, Ticket.drill.is_(False)


def _within(column: Any, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return column >= since, column < until


# What was counted: rows of units with all below them


def by_day(unit: str, period: Period) -> Select[*tuple[Any, ...]]:
    """(day, sums …) of a unit."""
    return _sums(daily_figure.c.day, period).where(daily_figure.c.unit_code == unit)


def by_kind(unit: str, period: Period) -> Select[*tuple[Any, ...]]:
    """(procedure, step, sums …) of a unit."""
    return _sums(daily_figure.c.procedure, period, daily_figure.c.step).where(daily_figure.c.unit_code == unit)


def by_unit(units: Collection[str], period: Period) -> Select[*tuple[Any, ...]]:
    """(unit, sums …) of each of these."""
    return _sums(daily_figure.c.unit_code, period).where(daily_figure.c.unit_code.in_(units))


def by_pair(units: Collection[str], period: Period) -> Select[*tuple[Any, ...]]:
    """(unit, asks, the other prefecture, received, answered, on time) of each of these units."""
    c = daily_pair.c
    return (
        select(c.unit_code, c.asks, c.other_code, func.sum(c.received), func.sum(c.answered), func.sum(c.on_time))
        .where(c.unit_code.in_(units), c.day >= period.since, c.day <= period.until)
        .group_by(c.unit_code, c.asks, c.other_code)
    )


def _sums(key: Any, period: Period, *others: Any) -> Select[*tuple[Any, ...]]:
    c = daily_figure.c
    sums = [func.sum(c[name]) for name in (*COUNTED, *MINUTES)]
    return select(key, *others, *sums).where(c.day >= period.since, c.day <= period.until).group_by(key, *others)


def first_day() -> Select[date]:
    return select(func.min(daily_figure.c.day))
