"""What a line says of a clock, read as a row of columns: thirty lines are two hundred mapped objects otherwise."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import aliased

from directory.models import Unit
from portal.ladder.ladder import ClockKind
from portal.procedures.limit import LimitUnit
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Clock, Task, Ticket


class NamedUnit(NamedTuple):
    """A unit as a line names it."""

    name: str
    parent: "NamedUnit | None" = None


class ListedTask(NamedTuple):
    """Of a task."""

    unit: NamedUnit
    id: int
    unit_code: str
    state: TaskState
    step: str
    step_zh: str


class ListedTicket(NamedTuple):
    """Of the ticket; of its tasks the one whose clock it is."""

    opener: NamedUnit
    tasks: Sequence[ListedTask]
    id: int
    number: str
    subject: str
    state: TicketState
    urgency: str
    drill: bool
    opened_at: datetime
    resolved_at: datetime | None
    opener_code: str
    procedure: str
    procedure_version: int

    @property
    def opened_with(self) -> tuple[str, int]:
        """As `Ticket.opened_with`."""
        return self.procedure, self.procedure_version


class ListedClock(NamedTuple):
    """The clock, and what it is of."""

    unit: NamedUnit
    task: ListedTask
    ticket: ListedTicket
    id: int
    unit_code: str
    kind: ClockKind
    limit_unit: LimitUnit
    pauses: list[list[str]]
    urge_at: datetime
    due_at: datetime
    provisional: bool

    @property
    def stood(self) -> list[tuple[datetime, datetime]]:
        """As `Clock.stood`."""
        return [(datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in self.pauses or ()]


_TASK: Sequence[Any] = [getattr(Task, name) for name in ListedTask._fields[1:]]
_TICKET: Sequence[Any] = [getattr(Ticket, name) for name in ListedTicket._fields[2:]]
_CLOCK: Sequence[Any] = [getattr(Clock, name) for name in ListedClock._fields[3:]]
_OPENER, _OWING, _TAKEN = len(_CLOCK), len(_CLOCK) + 2, len(_CLOCK) + 4
_OF_TASK = _TAKEN + 2
_OF_TICKET = _OF_TASK + len(_TASK)
"Where in a row each part begins: the clock's columns, three units with the one above each, the task's, the ticket's."


def as_lines(clocks: Select[Clock]) -> Select[*tuple[Any, ...]]:
    """The same clocks, joined to their tickets and tasks, as rows for `listed`."""
    names: list[Any] = []
    for code in (Ticket.opener_code, Clock.unit_code, Task.unit_code):
        unit, above = aliased(Unit), aliased(Unit)
        clocks = clocks.join(unit, unit.code == code).outerjoin(above, above.code == unit.parent_code)
        names += [unit.name, above.name]
    return clocks.with_only_columns(*_CLOCK, *names, *_TASK, *_TICKET)


def listed(row: Row[*tuple[Any, ...]]) -> ListedClock:
    """What such a row tells."""
    task = ListedTask(_unit(row, _TAKEN), *row[_OF_TASK:_OF_TICKET])
    ticket = ListedTicket(_unit(row, _OPENER), (task,), *row[_OF_TICKET:])
    return ListedClock(_unit(row, _OWING), task, ticket, *row[: len(_CLOCK)])


def _unit(row: Row[*tuple[Any, ...]], place: int) -> NamedUnit:
    above = row[place + 1]
    return NamedUnit(row[place], NamedUnit(above) if above is not None else None)
