"""The sweep: every rung that is due is climbed, once, with its mail and its entry, in one transaction per ticket."""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import load_calendars
from portal.escalation.climbing import climb, due_rungs
from portal.escalation.digest import send_held_lines
from portal.escalation.queries import due_clocks, due_tickets
from portal.tickets.clocks import clock_calendar
from portal.tickets.forecast import Command, ForecastRung, command_of
from portal.tickets.models import Clock, Ticket
from portal.web.outage import OUTAGE

log = logging.getLogger(__name__)

MOST_SINGLE = 3
"Escalations of one recipient in one sweep; with more, one mail lists them all."
BATCH = 500
"Tickets whose clocks are gathered at once."
ON_TIME = timedelta(minutes=15)
"A rung that ends with the working day is still mailed so long after it: the worker comes a little later."


@dataclass(frozen=True)
class Climbed:
    """A rung climbed: `recipients` are addresses, `task` its id (None for the ticket's overall clock).

    `planned_at` and `due_at` say why: the rung's instant, and the end of the limit.
    """

    ticket: str
    task: int | None
    clock: str
    rung: int
    unit: str
    recipients: list[str]
    planned_at: datetime
    due_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {"ticket": self.ticket, "task": self.task, "clock": self.clock, "rung": self.rung, "unit": self.unit,
                "recipients": self.recipients}  # fmt: skip


@dataclass(frozen=True)
class Skipped:
    """A rung at which nobody was reachable."""

    ticket: str
    task: int | None
    rung: int
    unit: str
    reason: str


@dataclass
class SweepReport:
    """What one sweep found and did; `due` counts rungs, `messages` mails written.

    `failed` are the ids of tickets that were passed over; the log says why.
    """

    at: datetime
    due: int = 0
    climbed: list[Climbed] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    messages: int = 0
    failed: list[int] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "due": self.due,
            "climbed": [one.to_dict() for one in self.climbed],
            "skipped": [asdict(one) for one in self.skipped],
            "messages": self.messages,
        }


def sweep(
    sessions: sessionmaker[Session],
    at: datetime,
    *,
    dry_run: bool = False,
    in_hours: bool = False,
    alive: Callable[[], None] = lambda: None,
) -> SweepReport:
    """Climb what is due at `at`; with `dry_run` everything is done and taken back.

    With `in_hours` only where the unit that owes is at work, or on duty: what was missed is not mailed by night.

    Any number of sweeps may run at once: a ticket that another one holds is left to it, and a unique row says that a
    rung was climbed. A ticket that fails is logged, and the others go on, unless the database does not answer. `alive`
    is called before each of them.
    """
    report = SweepReport(at)
    name = secrets.token_hex(8)
    found = _gather(sessions, at, report, in_hours=in_hours)
    crowded = found.crowded()
    for ticket_id, command in found.tickets:
        alive()
        _sweep_ticket(sessions, ticket_id, command, crowded, name, report, dry_run=dry_run, in_hours=in_hours)
    with closing(sessions()) as session:
        report.messages += len(crowded) if dry_run else send_held_lines(session, name, at)
        session.commit()
    return report


@dataclass
class _Gathered:
    """The tickets with something due, each with its chain of command; how many escalations each address would get."""

    tickets: list[tuple[int, Command]] = field(default_factory=list)
    due: int = 0
    escalations: Counter[str] = field(default_factory=Counter)

    def crowded(self) -> frozenset[str]:
        return frozenset(address for address, count in self.escalations.items() if count > MOST_SINGLE)


def _gather(sessions: sessionmaker[Session], at: datetime, report: SweepReport, *, in_hours: bool) -> _Gathered:
    found = _Gathered()
    with closing(sessions()) as session:
        ids = list(session.scalars(due_tickets(at)))
        for start in range(0, len(ids), BATCH):
            _gather_some(session, ids[start : start + BATCH], at, found, report, in_hours=in_hours)
        session.rollback()
    report.due = found.due
    return found


def _gather_some(
    session: Session, ids: Sequence[int], at: datetime, found: _Gathered, report: SweepReport, *, in_hours: bool
) -> None:
    """Together; where one of them cannot be worked out, each alone, so that the one is passed over."""
    try:
        clocks = _due(session, ids, at, in_hours=in_hours)
        command = command_of(session, clocks, at)
        rungs = [rung for clock in clocks for rung in due_rungs(session, clock, command, at)]
    except OUTAGE:
        session.invalidate()
        raise
    except Exception:
        session.rollback()
        if len(ids) == 1:
            log.exception("ticket %s: the sweep goes on without it", ids[0])
            report.failed.append(ids[0])
            return
        for one in ids:
            _gather_some(session, [one], at, found, report, in_hours=in_hours)
        return
    found.due += len(rungs)
    found.escalations.update(_key(one) for rung in rungs if rung.number for one in rung.recipients.addresses)
    found.tickets += [(ticket_id, command) for ticket_id in _in_order(clocks)]


def _key(address: str) -> str:
    """As mail systems compare addresses."""
    return address.casefold()


def _due(session: Session, ticket_ids: Sequence[int], at: datetime, *, in_hours: bool) -> list[Clock]:
    clocks = session.scalars(due_clocks(at, ticket_ids)).unique().all()
    if not in_hours:
        return list(clocks)
    load_calendars(session, {clock.unit_code for clock in clocks})
    return [clock for clock in clocks if _may_be_mailed(session, clock, at)]


def _may_be_mailed(session: Session, clock: Clock, at: datetime) -> bool:
    """Whether the unit that owes is at work; or was when the rung fell due, a moment ago."""
    just_now = clock.next_at is not None and at - clock.next_at <= ON_TIME
    return just_now or clock_calendar(session, clock).at_or_next_opening(at) == at


def _in_order(clocks: Iterable[Clock]) -> list[int]:
    return list(dict.fromkeys(clock.ticket_id for clock in clocks))


def _sweep_ticket(
    sessions: sessionmaker[Session],
    ticket_id: int,
    command: Command,
    crowded: frozenset[str],
    name: str,
    report: SweepReport,
    *,
    dry_run: bool,
    in_hours: bool,
) -> None:
    with closing(sessions()) as session:
        try:
            ticket = session.scalar(select(Ticket).where(Ticket.id == ticket_id).with_for_update(skip_locked=True))
            if ticket is None:
                return
            rungs, messages = _climb_due(session, ticket, command, crowded, name, report.at, in_hours=in_hours)
            session.rollback() if dry_run else session.commit()
        except IntegrityError:
            session.rollback()
            log.info("ticket %s: climbed by another sweep at the same time", ticket_id)
            return
        except OUTAGE:
            session.invalidate()
            raise
        except Exception:
            session.rollback()
            log.exception("ticket %s: the sweep goes on without it", ticket_id)
            report.failed.append(ticket_id)
            return
        _note(report, rungs, messages)


def _climb_due(
    session: Session,
    ticket: Ticket,
    command: Command,
    crowded: frozenset[str],
    name: str,
    at: datetime,
    *,
    in_hours: bool,
) -> tuple[list[ForecastRung], int]:
    clocks = _due(session, [ticket.id], at, in_hours=in_hours)
    rungs = {clock: due_rungs(session, clock, command, at) for clock in clocks}
    return climb(session, ticket, rungs, command, crowded, name, at)


def _note(report: SweepReport, rungs: Iterable[ForecastRung], messages: int) -> None:
    report.messages += messages
    for rung in rungs:
        clock = rung.clock
        if rung.skipped:
            report.skipped.append(Skipped(clock.ticket.number, clock.task_id, rung.number, rung.unit, rung.skipped))
        else:
            report.climbed.append(Climbed(clock.ticket.number, clock.task_id, str(clock.kind), rung.number, rung.unit,
                                          rung.recipients.addresses, rung.at, clock.due_at))  # fmt: skip
