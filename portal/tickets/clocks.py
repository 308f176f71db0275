"""Starting and stopping the clocks of tasks: what a unit owes, until when, and when it is next told so."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

from sqlalchemy.orm import Session

from directory.calendars import calendar_of, calendar_with_duty
from directory.queries import parents_above
from directory.working_time import WorkingCalendar
from portal.ladder.ladder import (
    ClockKind,
    Hold,
    Instants,
    Policy,
    Rung,
    climbing_chain,
    instants,
    rungs_in_turn,
    top_of_ladder,
)
from portal.procedures.limit import Limit, LimitUnit
from portal.tickets.lifecycle import TaskState
from portal.tickets.models import Clock, Task, Ticket


def sign_for_limit(policy: Policy) -> Limit:
    return Limit(policy.sign_for_minutes, LimitUnit.WORKING_MINUTE)


def amend_limit(policy: Policy) -> Limit:
    """What a return gives the opener."""
    return Limit(policy.amend_minutes, LimitUnit.WORKING_MINUTE)


def start_clock(
    session: Session,
    ticket: Ticket,
    kind: ClockKind,
    limit: Limit,
    at: datetime,
    *,
    unit_code: str,
    task: Task | None = None,
    start_day: date | None = None,
) -> Clock:
    """A new clock of the task's present cycle (of the ticket's, without a task), at which `unit_code` owes."""
    calendar = owing_calendar(session, ticket, unit_code, at)
    when = instants(at, limit, calendar, policy_of(ticket), start_day=start_day)
    clock = Clock(
        kind=kind,
        cycle=task.cycle if task else _cycle_of(ticket),
        hand=(task.handed_on or 0) if task else 0,
        unit_code=unit_code,
        hours_code=unit_code,
        started_at=at,
        limit_amount=limit.amount,
        limit_unit=limit.unit,
        extended=0,
        pauses=[],
        urge_at=when.urge_at,
        due_at=when.due_at,
        provisional=when.provisional,
        next_at=calendar.at_or_next_opening(when.urge_at),
    )
    ticket.clocks.append(clock)
    if task:
        task.clocks.append(clock)
    return clock


def owing_calendar(session: Session, ticket: Ticket, unit_code: str, since: datetime) -> WorkingCalendar:
    """The calendar in which a unit that owes is counted, from `since` on: an urgent ticket's counts duty shifts too."""
    if policy_of(ticket).counts_duty:
        return calendar_with_duty(session, unit_code, since)
    return calendar_of(session, unit_code)


def clock_calendar(session: Session, clock: Clock) -> WorkingCalendar:
    """The calendar in which a clock's ladder climbs: that of the unit that owes, while the clock does not stand."""
    return owing_calendar(session, clock.ticket, clock.unit_code, clock.started_at).without(clock.stood)


def limit_calendar(session: Session, clock: Clock) -> WorkingCalendar:
    """The calendar in which its limit is counted: that of the unit to which the limit was given."""
    return owing_calendar(session, clock.ticket, clock.hours_code, clock.started_at).without(clock.stood)


def count_limit(session: Session, clock: Clock) -> Instants:
    """Urge and end of a clock as they are counted now: what was granted is added, pauses are left out."""
    ticket = clock.ticket
    return instants(
        clock.started_at,
        Limit(clock.limit_amount, clock.limit_unit),
        limit_calendar(session, clock),
        policy_of(ticket),
        start_day=ticket.accepted_on if clock.kind is ClockKind.OVERALL and clock.cycle == 1 else None,
        extended=clock.extended,
    )


def set_limit(clock: Clock, when: Instants) -> None:
    clock.urge_at, clock.due_at, clock.provisional = when.urge_at, when.due_at, when.provisional


def extend_clock(session: Session, task: Task, days: int, at: datetime) -> Clock:
    """A new cycle whose answer is due so many working days later; signing for goes over into it as it is."""
    before = task.present_clocks
    task.cycle += 1
    if sign_for := before.get(ClockKind.SIGN_FOR):
        sign_for.cycle = task.cycle
    old = before[ClockKind.ANSWER]
    old.stopped_at = at
    clock = start_clock(session, task.ticket, old.kind, Limit(old.limit_amount, old.limit_unit), at,
                        unit_code=old.unit_code, task=task)  # fmt: skip
    clock.hours_code, clock.started_at, clock.pauses = old.hours_code, old.started_at, list(old.pauses)
    clock.extended = old.extended + days
    set_limit(clock, count_limit(session, clock))
    return clock


def hand_over(session: Session, task: Task, at: datetime) -> None:
    """The unit that has the task now owes: it signs for it anew; the answer's due time and rungs stay."""
    for clock in task.clocks:
        if clock.stopped_at is None and clock.kind is ClockKind.ANSWER:
            clock.unit_code = task.unit_code
    stop_clocks(task.clocks, at, ClockKind.SIGN_FOR)
    limit = sign_for_limit(policy_of(task.ticket))
    start_clock(session, task.ticket, ClockKind.SIGN_FOR, limit, at, unit_code=task.unit_code, task=task)


def pause(session: Session, clock: Clock, at: datetime, until: datetime) -> None:
    """The clock stands from `at` until an instant at which it goes on by itself; as much is left of it then."""
    clock.pauses = [*clock.pauses, [at.isoformat(), until.isoformat()]]
    set_limit(clock, count_limit(session, clock))


def go_on(session: Session, clock: Clock, at: datetime) -> None:
    """The clock runs again from `at` on, before its pause would have ended."""
    *earlier, (since, _until) = clock.pauses
    clock.pauses = [*earlier, [since, at.isoformat()]]
    set_limit(clock, count_limit(session, clock))


def begin_overall(session: Session, ticket: Ticket, limit: Limit, at: datetime) -> None:
    """A ticket that is reopened: its overall limit, if it had one, is given anew, from today."""
    start_clock(session, ticket, ClockKind.OVERALL, limit, at, unit_code=ticket.opener_code)


def _cycle_of(ticket: Ticket) -> int:
    """The cycle of the next overall clock."""
    return 1 + max((clock.cycle for clock in ticket.clocks if clock.kind is ClockKind.OVERALL), default=0)


def begin_cycle(session: Session, ticket: Ticket, task: Task, at: datetime) -> None:
    """A task that is sent, or sent again: a new cycle with fresh limits, signing for and answering."""
    task.cycle += 1
    task.sent_at, task.signed_for_at = at, None
    policy = policy_of(ticket)
    start_clock(session, ticket, ClockKind.SIGN_FOR, sign_for_limit(policy), at, unit_code=task.unit_code, task=task)
    start_clock(session, ticket, ClockKind.ANSWER, task_limit(task), at, unit_code=task.unit_code, task=task)


def begin_amending(session: Session, ticket: Ticket, task: Task, at: datetime) -> None:
    """A task that is returned: a new cycle in which the opener owes, and only to send it again."""
    task.cycle += 1
    limit = amend_limit(policy_of(ticket))
    start_clock(session, ticket, ClockKind.ANSWER, limit, at, unit_code=ticket.opener_code, task=task)


def task_limit(task: Task) -> Limit:
    return Limit(task.limit_amount, task.limit_unit)


def stop_clocks(clocks: Iterable[Clock], at: datetime, *kinds: ClockKind) -> None:
    """Stop those that run; of these kinds, or all."""
    for clock in clocks:
        if clock.stopped_at is None and (not kinds or clock.kind in kinds):
            clock.stopped_at = at


def find_top(session: Session, ticket: Ticket) -> None:
    """The top of the ladder, anew: a cancelled task lifts it no more, a unit may have been merged into another."""
    ticket.top_code = top_of_ladder(ticket.opener_code, tasks_for_top(ticket.tasks), parents_of(session, ticket))


def tasks_for_top(tasks: Iterable[Task]) -> list[tuple[str, str, bool]]:
    """(place, unit, cancelled), as the rule takes them."""
    return [(str(task.place), task.unit_code, task.state is TaskState.CANCELLED) for task in tasks]


def parents_of(session: Session, ticket: Ticket, *others: str) -> dict[str, str | None]:
    """The chain of command above all that takes part in a ticket, and above these."""
    return parents_above(session, [ticket.opener_code, *(task.unit_code for task in ticket.tasks), *others])


def policy_of(ticket: Ticket) -> Policy:
    """The values with which the ticket was opened."""
    return Policy.from_dict(ticket.policy)


def rungs_of(
    clock: Clock, calendar: WorkingCalendar, parents: dict[str, str | None], reachable: Callable[[str, int], bool]
) -> Iterator[Rung]:
    """The whole ladder of a clock, climbed rungs included, one after the other.

    Of a rung climbed already, `reachable` must say whether somebody was there then.
    """
    return rungs_in_turn(
        urge_at=clock.urge_at,
        due_at=clock.due_at,
        chain=chain_of(clock, parents),
        calendar=calendar,
        policy=policy_of(clock.ticket),
        reachable=reachable,
        hold=None if clock.held_until is None else Hold(clock.held_rung or 0, clock.held_until),
    )


def chain_of(clock: Clock, parents: dict[str, str | None]) -> tuple[str, ...]:
    """The units that a clock's ladder climbs, the owing one first; after a return the opener owes, in its own chain."""
    owes_its_own = clock.task is not None and clock.unit_code == clock.task.unit_code
    place = str(clock.task.place) if clock.task and owes_its_own else ""
    return climbing_chain(clock.unit_code, place, clock.ticket.top_code, parents)
