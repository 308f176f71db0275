"""What a line says of a clock, read as a row of columns: thirty lines are two hundred mapped objects otherwise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from directory.queries import NamedUnit, named_units
from portal.ladder.ladder import ClockKind
from portal.procedures.limit import LimitUnit
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Clock, Task, Ticket


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
_OF_TASK = len(_CLOCK)
_OF_TICKET = _OF_TASK + len(_TASK)
"Where in a row the task's columns begin, and the ticket's."
_OWING = ListedClock._fields[3:].index("unit_code")
_TAKEN = _OF_TASK + ListedTask._fields[1:].index("unit_code")
_OPENER = _OF_TICKET + ListedTicket._fields[2:].index("opener_code")
"Where the codes of units stand."


def as_lines(clocks: Select[Clock]) -> Select[*tuple[Any, ...]]:
    """The same clocks as rows for `listed`; the select reads their tickets and tasks already."""
    return clocks.with_only_columns(*_CLOCK, *_TASK, *_TICKET)


def listed(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ListedClock]:
    """What such rows tell, with the names of the units."""
    named = named_units(session, {row[place] for row in rows for place in (_OWING, _TAKEN, _OPENER)})
    return [_listed(row, named) for row in rows]


def _listed(row: Row[*tuple[Any, ...]], named: Mapping[str, NamedUnit]) -> ListedClock:
    task = ListedTask(named[row[_TAKEN]], *row[_OF_TASK:_OF_TICKET])
    ticket = ListedTicket(named[row[_OPENER]], (task,), *row[_OF_TICKET:])
    return ListedClock(named[row[_OWING]], task, ticket, *row[:_OF_TASK])
