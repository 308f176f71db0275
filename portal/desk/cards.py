"""A line of the work list, as it is read and as it is shown: drawn once for what it says, whoever looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from directory.models import Unit
from directory.queries import NamedUnit
from portal.desk.listed import ListedClock, ListedTicket
from portal.extensions import db
from portal.ladder.ladder import ClockKind
from portal.procedures.queries import procedure_of
from portal.tickets.lifecycle import TaskState
from portal.tickets.models import Ticket
from portal.web.actor import Actor
from portal.web.drawing import each_drawn
from portal.web.filters import SHAPES, due, named_in
from portal.web.languages import current_language
from portal.web.pagination import Key
from portal.web.permissions import Permission


@dataclass(frozen=True)
class Row:
    """One line: a clock that runs, or a ticket."""

    ticket: Ticket | ListedTicket
    clock: ListedClock | None = None
    unread: int = 0
    "entries that the reader has not seen"
    mentions: int = 0
    "those of them that name the reader"
    newest: datetime | None = None
    last: int = 0
    "when the newest of them was written, and its id"

    @property
    def when(self) -> datetime:
        """When a ticket came onto the list."""
        return self.newest or self.ticket.resolved_at or self.ticket.opened_at

    def other(self, own: str | None) -> Unit | NamedUnit:
        """The unit on the other side: whoever owes, or whoever waits for the own unit."""
        if self.clock and self.clock.unit_code != own:
            return self.clock.unit
        return self.ticket.opener if self.ticket.opener_code != own else self.ticket.tasks[0].unit

    def to_sign(self, reader: Actor) -> bool:
        """Whether the reader may sign for it here."""
        task = self.clock.task if self.clock else None
        mine = task is not None and task.unit_code == reader.unit_code and task.state is TaskState.SENT
        return mine and reader.may(Permission.TICKET_MOVE)

    @property
    def key(self) -> Key:
        if self.clock:
            return self.clock.due_at.isoformat(), self.clock.id
        return self.when.isoformat(), self.last or self.ticket.id


class Line(NamedTuple):
    """Everything that `desk/work_row.html` makes a line of."""

    number: str
    title: str
    procedure: str
    "where the title is not its name"
    step: str
    to_sign: bool
    "whether signing for is what it waits for"
    state: str
    other: str
    other_parent: str
    urgent: bool
    drill: bool
    unread: int
    mentions: bool
    level: str
    left: str
    at: datetime
    "when it is due, or came onto the list"
    provisional: bool
    ticks: bool
    "whether the list has a column of boxes"
    tick: int | None
    "the task that the reader can sign for here"

    @property
    def shape(self) -> str:
        return SHAPES[self.level]


def work_rows(rows: Sequence[Row], at: datetime, reader: Actor) -> tuple[Sequence[Markup], bool]:
    """The lines, and whether one of them can be signed for here: then all have a place for a box."""
    ticks, language = [row.to_sign(reader) for row in rows], current_language()
    opened_with = {row.ticket.opened_with for row in rows}
    named = {each: named_in(language, procedure_of(db.session, *each)) for each in opened_with}
    lines = (_line(row, at, reader, language, named[row.ticket.opened_with], any(ticks), tick)
             for row, tick in zip(rows, ticks, strict=True))  # fmt: skip
    return each_drawn("desk/work_row.html", "work_row", lines), any(ticks)


def _line(row: Row, at: datetime, reader: Actor, language: str, named: str, ticks: bool, tick: bool) -> Line:
    ticket, clock = row.ticket, row.clock
    task = clock.task if clock else None
    other = row.other(reader.unit_code)
    left = due(clock, at) if clock else None
    return Line(
        ticket.number, ticket.subject or named, named if ticket.subject else "",
        named_in(language, task) if task else "", clock is not None and clock.kind is ClockKind.SIGN_FOR,
        (task or ticket).state.value, other.name, other.parent.name if other.parent else "",
        ticket.urgency == "urgent", ticket.drill, row.unread, bool(row.mentions), left.level if left else "",
        left.left if left else "", left.at if left else row.when, clock is not None and clock.provisional, ticks,
        task.id if task and tick else None,
    )  # fmt: skip
