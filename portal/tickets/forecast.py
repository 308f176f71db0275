"""Who will be mailed about a ticket, when and where, if nothing moves: what is still to come."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from directory.calendars import load_calendars
from directory.models import Unit
from directory.queries import is_reachable, parents_above
from directory.reach import OnDuty, Reach, Recipient, on_duty, reach, recipient_of
from directory.working_time import WorkingCalendar
from portal.ladder.ladder import Rung
from portal.ladder.recipients import Recipients, recipients_of_rung
from portal.tickets.clocks import clock_calendar, policy_of, rungs_of
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.queries import running_clocks

NOBODY = "nobody reachable"
DRILL = "drill"


@dataclass(frozen=True)
class ForecastRung:
    """One rung that is still to be climbed, and who would be mailed then."""

    clock: Clock
    number: int
    at: datetime
    unit: str
    recipients: Recipients
    skipped: str | None

    @property
    def task(self) -> Task | None:
        return self.clock.task


@dataclass(frozen=True)
class Rungs:
    """The rungs of a clock that are due, lowest first, those missed while no sweep ran among them; and what follows."""

    due: Sequence[ForecastRung]
    next_at: datetime | None
    "the instant of the first that is left; None: none is"
    following: Rung | None
    "the first that is left at which somebody is mailed"


@dataclass(frozen=True)
class Command:
    """What a ladder needs to know of the chain of command: the parents, and who is reachable where.

    A rung that should have been climbed before `at` is climbed then: who is away is asked of that instant.
    """

    parents: dict[str, str | None]
    reach: Reach
    at: datetime
    duty: OnDuty
    _usual: dict[Hashable, Recipients] = field(default_factory=dict)

    def usual(
        self, number: int, unit: str, assignee: Recipient | None, at: datetime | None, *, own: bool
    ) -> Recipients:
        """Who is mailed at a rung of a unit, whoever's clock it is; worked out once for all that climb there."""
        asked = number, unit, assignee, at, own
        if (known := self._usual.get(asked)) is None:
            known = self._usual[asked] = recipients_of_rung(self.reach, number, unit, assignee, at, own=own)
        return known


def command_of(
    session: Session, clocks: Sequence[Clock], at: datetime, units: Mapping[str, Unit] | None = None
) -> Command:
    """Gathered with a handful of statements, for any number of clocks; `units`: all of theirs and above, if at hand."""
    owing = {clock.unit_code for clock in clocks}
    load_calendars(session, owing)
    parents = _parents(units) if units else parents_above(session, owing | {clock.ticket.top_code for clock in clocks})
    urgent = any(policy_of(clock.ticket).counts_duty for clock in clocks)
    return Command(parents, reach(session, parents, at), at, on_duty(session, parents, at) if urgent else OnDuty())


def _parents(units: Mapping[str, Unit]) -> dict[str, str | None]:
    return {code: unit.parent_code for code, unit in units.items()}


def forecast(
    session: Session, ticket: Ticket, at: datetime, units: Mapping[str, Unit] | None = None
) -> list[ForecastRung]:
    """The rungs to come of every clock that runs, in the order of their instants, as of `at`."""
    clocks = running_clocks(ticket)
    command = command_of(session, clocks, at, units)
    rungs = [rung for clock in clocks for rung in rungs_to_come(session, clock, command)]
    return sorted(rungs, key=lambda rung: rung.at)


def rungs_to_come(session: Session, clock: Clock, command: Command) -> list[ForecastRung]:
    """The rungs above the highest one climbed."""
    return [_forecast(clock, rung, command) for rung in _above_climbed(session, clock, command)]


def rungs_at(session: Session, clock: Clock, command: Command, at: datetime) -> Rungs:
    """As of `at`: climbing those that are due changes nothing of those after them.

    No further than the next rung at which somebody is: who is mailed at those above it is not asked.
    """
    due: list[ForecastRung] = []
    next_at: datetime | None = None
    for rung in _above_climbed(session, clock, command):
        if rung.at <= at:
            due.append(_forecast(clock, rung, command))
            continue
        next_at = next_at or rung.at
        if not rung.skipped:
            return Rungs(due, next_at, rung)
    return Rungs(due, next_at, None)


def _above_climbed(session: Session, clock: Clock, command: Command) -> Iterator[Rung]:
    climbed = -1 if clock.rung is None else clock.rung

    def reachable(unit: str, number: int) -> bool:
        if number <= climbed:
            return number not in (clock.silent or ())
        return bool(recipients_at(clock, command, number, unit).to)

    calendar = clock_calendar(session, clock)
    stands = _stands_until(clock, calendar, command.at)
    for rung in rungs_of(clock, calendar, command.parents, reachable):
        if rung.number > climbed:
            yield replace(rung, at=stands) if rung.at < stands else rung


def _stands_until(clock: Clock, calendar: WorkingCalendar, at: datetime) -> datetime:
    """A rung missed before the clock was made to stand is climbed when it goes on, not before; else no instant."""
    ends = [until for since, until in clock.stood if since <= at < until]
    return calendar.at_or_next_opening(ends[-1]) if ends else clock.started_at


def _forecast(clock: Clock, rung: Rung, command: Command) -> ForecastRung:
    return ForecastRung(
        clock=clock,
        number=rung.number,
        at=rung.at,
        unit=rung.unit,
        recipients=recipients_at(clock, command, rung.number, rung.unit, max(rung.at, command.at)),
        skipped=why_skipped(clock) if rung.skipped else None,
    )


def plan_next(session: Session, clocks: Sequence[Clock], at: datetime) -> None:
    """When the next rung of each clock is due, found anew: who owes, its limit or the top has changed."""
    command = command_of(session, clocks, at)
    for clock in clocks:
        clock.next_at = next((rung.at for rung in rungs_to_come(session, clock, command)), None)


def recipients_at(clock: Clock, command: Command, number: int, unit: str, at: datetime | None = None) -> Recipients:
    """Who is mailed at a rung of this clock; a drill mails nobody outside the opener's unit.

    Without `at`, who would be if nobody was away: an absence makes no rung silent. Of an urgent ticket, outside the
    hours of the rung's unit, whoever is on duty there is asked as well.
    """
    drill = clock.ticket.drill
    if drill and unit != clock.ticket.opener_code:
        return Recipients()
    assignee = _assignee(clock) if number == 0 else None
    usual = command.usual(number, unit, assignee, at, own=drill)
    if at is None or not usual.to or not policy_of(clock.ticket).counts_duty:
        return usual
    return usual.with_more(command.duty.of(unit, at))


def why_skipped(clock: Clock) -> str:
    return DRILL if clock.ticket.drill else NOBODY


def _assignee(clock: Clock) -> Recipient | None:
    """Who of the owing unit has the task: an officer, or a post of the directory; mailed beside the desk."""
    task = clock.task
    if task is None or task.unit_code != clock.unit_code:
        return None
    if task.assignee_post is not None and is_reachable(task.assignee_post):
        return recipient_of(task.assignee_post)
    officer = task.assignee
    if officer is None or not officer.email or not officer.active or officer.unit_code != clock.unit_code:
        return None
    return Recipient(officer.email, officer.name, officer.language, officer.unit_code)
