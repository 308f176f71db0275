"""When each task of a ticket begins and ends at the latest: those that wait, if every unit takes its whole time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from directory.calendars import load_calendars
from portal.ladder.ladder import ClockKind, instants
from portal.tickets.clocks import owing_calendar, policy_of, task_limit
from portal.tickets.models import Task, Ticket


@dataclass(frozen=True)
class Span:
    """From when until when a unit has time, its last quarter from `urge_at` on."""

    begins_at: datetime
    urge_at: datetime
    due_at: datetime
    provisional: bool
    foreseen: bool
    "its turn has not come: this is the latest that it can be without anybody being late"


def schedule(session: Session, ticket: Ticket, at: datetime) -> dict[int, Span]:
    """The span of each task, by its position."""
    load_calendars(session, {task.unit_code for task in ticket.tasks})
    spans = {task.position: span for task in ticket.tasks if (span := _running(task))}
    left = [task for task in ticket.tasks if task.position not in spans]
    while left:
        task = next((each for each in left if not _waits(each, left)), left[0])
        spans[task.position] = _foreseen(session, ticket, task, _begin(task, ticket, spans, at))
        left.remove(task)
    return spans


def _running(task: Task) -> Span | None:
    clock = task.present_clocks.get(ClockKind.ANSWER)
    if clock is None:
        return None
    return Span(clock.started_at, clock.urge_at, clock.due_at, clock.provisional, foreseen=False)


def _waits(task: Task, left: list[Task]) -> bool:
    return any(other.step in task.after for other in left)


def _begin(task: Task, ticket: Ticket, spans: dict[int, Span], at: datetime) -> datetime:
    before = [spans[other.position] for other in ticket.tasks if other.step in task.after and other.position in spans]
    return max((span.due_at for span in before), default=at)


def _foreseen(session: Session, ticket: Ticket, task: Task, begins_at: datetime) -> Span:
    calendar = owing_calendar(session, ticket, task.unit_code, begins_at)
    when = instants(begins_at, task_limit(task), calendar, policy_of(ticket))
    return Span(begins_at, when.urge_at, when.due_at, when.provisional, foreseen=True)
