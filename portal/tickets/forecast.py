"""Who will be mailed about a ticket, when and where, if nothing moves: what is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from directory.calendars import load_calendars
from directory.queries import parents_above
from directory.reach import OnDuty, Reach, Recipient, on_duty, reach
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
class Command:
    """What a ladder needs to know of the chain of command: the parents, and who is reachable where.

    A rung that should have been climbed before `at` is climbed then: who is away is asked of that instant.
    """

    parents: dict[str, str | None]
    reach: Reach
    at: datetime
    duty: OnDuty


def command_of(session: Session, clocks: Sequence[Clock], at: datetime) -> Command:
    """Gathered with a handful of statements, for any number of clocks."""
    load_calendars(session, {clock.unit_code for clock in clocks})
    parents = parents_above(
        session, {clock.unit_code for clock in clocks} | {clock.ticket.top_code for clock in clocks}
    )
    urgent = any(policy_of(clock.ticket).counts_duty for clock in clocks)
    return Command(parents, reach(session, parents, at), at, on_duty(session, parents, at) if urgent else OnDuty())


def forecast(session: Session, ticket: Ticket, at: datetime) -> list[ForecastRung]:
    """The rungs to come of every clock that runs, in the order of their instants, as of `at`."""
    clocks = running_clocks(ticket)
    command = command_of(session, clocks, at)
    rungs = [rung for clock in clocks for rung in rungs_to_come(session, clock, command)]
    return sorted(rungs, key=lambda rung: rung.at)


def rungs_to_come(session: Session, clock: Clock, command: Command) -> list[ForecastRung]:
    """The rungs above the highest one climbed."""
    climbed = -1 if clock.rung is None else clock.rung

    def reachable(unit: str, number: int) -> bool:
        if number <= climbed:
            return number not in (clock.silent or ())
        return bool(recipients_at(clock, command, number, unit).to)

    rungs = rungs_of(clock, clock_calendar(session, clock), command.parents, reachable)
    return [
        ForecastRung(
            clock=clock,
            number=rung.number,
            at=rung.at,
            unit=rung.unit,
            recipients=recipients_at(clock, command, rung.number, rung.unit, max(rung.at, command.at)),
            skipped=why_skipped(clock) if rung.skipped else None,
        )
        for rung in rungs
        if rung.number > climbed
    ]


def recipients_at(clock: Clock, command: Command, number: int, unit: str, at: datetime | None = None) -> Recipients:
    """Who is mailed at a rung of this clock; a drill mails nobody outside the opener's unit.

    Without `at`, who would be if nobody was away: an absence makes no rung silent. Of an urgent ticket, outside the
    hours of the rung's unit, whoever is on duty there is asked as well.
    """
    if clock.ticket.drill and unit != clock.ticket.opener_code:
        return Recipients()
    usual = recipients_of_rung(command.reach, number, unit, _assignee(clock), at, own=clock.ticket.drill)
    if at is None or not usual.to or not policy_of(clock.ticket).counts_duty:
        return usual
    return usual.with_more(command.duty.of(unit, at))


def why_skipped(clock: Clock) -> str:
    return DRILL if clock.ticket.drill else NOBODY


def _assignee(clock: Clock) -> Recipient | None:
    officer = clock.task.assignee if clock.task else None
    if officer is None or not officer.email or not officer.active or officer.unit_code != clock.unit_code:
        return None
    return Recipient(officer.email, officer.name, officer.language, officer.unit_code)
