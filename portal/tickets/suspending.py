"""Suspending (挂起): with a reason, the clock stands until a day, and then goes on by itself; or before, if resumed."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from directory.calendars import calendar_of
from portal.errors import Conflict
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import MESSAGE_LENGTH, Faults
from portal.tickets.clocks import clock_calendar, go_on, pause, stop_clocks
from portal.tickets.forecast import plan_next
from portal.tickets.lifecycle import TaskMove, TaskState, move_task
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.moving import allowed, check_required, make, note
from portal.tickets.settling import drop_request
from portal.web.actor import PORTAL, Actor

LONGEST = timedelta(days=30)
MOST_TIMES = 3
"Suspensions of one task, in all."

LIMIT_PASSED = _("The limit has passed: a task is suspended, or more time asked for, only before.")


@dataclass(frozen=True)
class Suspension:
    """Why, and the day on which the clock goes on, as typed."""

    reason: str = ""
    until: date | None = None


def suspend(session: Session, actor: Actor, task: Task, given: Suspension, at: datetime) -> None:
    """Let the clock stand until the working time of a day begins. It also signs for the task, as an answer would."""
    allowed(actor, task, TaskMove.SUSPEND)
    clock = task.present_clocks[ClockKind.ANSWER]
    if at >= clock.due_at:
        raise Conflict(LIMIT_PASSED)
    until = _checked(session, task, given, at)
    make(actor, task, TaskMove.SUSPEND)
    drop_request(session, task, at)
    task.signed_for_at = task.signed_for_at or at
    task.suspended_until = until
    stop_clocks(task.clocks, at, ClockKind.SIGN_FOR)
    pause(session, clock, at, until)
    plan_next(session, [clock], at)
    note(session, actor, task, "suspended", at, text=given.reason.strip(), until=until.isoformat(),
         due=clock.due_at.isoformat())  # fmt: skip


def resume(session: Session, actor: Actor, task: Task, at: datetime) -> None:
    """The clock goes on now, before its day; what was left of it then is left of it now."""
    allowed(actor, task, TaskMove.RESUME)
    clock = task.present_clocks[ClockKind.ANSWER]
    if task.suspended_until and at < task.suspended_until:
        go_on(session, clock, at)
        plan_next(session, [clock], at)
    make(actor, task, TaskMove.RESUME)
    task.suspended_until = None
    note(session, actor, task, "resumed", at, due=clock.due_at.isoformat())


def resume_ended(session: Session, at: datetime, limit: int = 200) -> int:
    """Resume up to `limit` tasks whose day has come; how many. Their clocks run since then, however late this comes."""
    tasks = session.scalars(_ended(at, limit)).all()
    for task in tasks:
        task.state = move_task(task.state, TaskMove.RESUME)
        task.suspended_until = None
        note(session, PORTAL, task, "resumed", at, due=task.present_clocks[ClockKind.ANSWER].due_at.isoformat())
    session.flush()
    return len(tasks)


def _ended(at: datetime, limit: int) -> Select[Task]:
    return (
        select(Task)
        .join(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.suspended_until.is_not(None), Task.suspended_until <= at, Task.state == TaskState.SUSPENDED)
        .options(selectinload(Task.clocks))
        .order_by(Task.suspended_until, Task.id)
        .limit(limit)
        .with_for_update(of=Ticket, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _checked(session: Session, task: Task, given: Suspension, at: datetime) -> datetime:
    """The instant at which it goes on: the first of working time on that day, or after it."""
    faults = Faults()
    check_required("reason", given.reason, MESSAGE_LENGTH, _("Say what you wait for."), faults)
    zone = calendar_of(session, task.unit_code).tz
    today = at.astimezone(zone).date()
    if given.until is None or given.until <= today:
        faults.note("until", _("Give the day on which the clock goes on: tomorrow or later."))
    elif given.until - today > LONGEST:
        faults.note("until", _("A task is suspended for at most %(n)s days: choose an earlier day.", n=LONGEST.days))
    elif (end := _end_of_case(task.ticket)) and given.until > end.astimezone(zone).date():
        faults.note("until", _("The whole case must be finished before that day: choose an earlier one."))
    if _times(session, task) >= MOST_TIMES:
        faults.note("", _("This task was suspended %(n)s times: it cannot be suspended again.", n=MOST_TIMES))
    faults.raise_any()
    midnight = datetime.combine(given.until or today, time.min, zone)
    return clock_calendar(session, task.present_clocks[ClockKind.ANSWER]).next_opening(midnight)


def _end_of_case(ticket: Ticket) -> datetime | None:
    overall = (clock.due_at for clock in ticket.clocks if clock.kind is ClockKind.OVERALL and not clock.stopped_at)
    return next(overall, None)


def _times(session: Session, task: Task) -> int:
    counted = select(func.count(Entry.id)).where(Entry.task_id == task.id, Entry.kind == "suspended")
    return session.scalar(counted) or 0
