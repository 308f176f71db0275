"""The sweep: every rung that is due is climbed, once, with its mail and its entry, some tickets in each transaction."""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import load_calendars
from directory.queries import units_above
from portal.escalation.climbing import Rungs, climb, rungs_at
from portal.escalation.digest import send_held_lines
from portal.escalation.queries import due_clocks, due_tickets
from portal.tickets.clocks import clock_calendar
from portal.tickets.forecast import Command, ForecastRung, command_of
from portal.tickets.models import Clock, Ticket
from portal.web.outage import OUTAGE

log = logging.getLogger(__name__)

_AT: Any = bindparam("at", type_=Clock.next_at.type)
_SOME: Any = bindparam("ticket_ids", expanding=True)
_DUE_TICKETS, _DUE_CLOCKS = due_tickets(_AT), due_clocks(_AT, _SOME)
"Built once."

MOST_SINGLE = 3
"Escalations of one recipient in one sweep; with more, one mail lists them all."
BATCH = 500
"Tickets whose clocks are gathered at once."
TOGETHER = 50
"Tickets climbed in one transaction: others who write wait for it, and where one fails each is tried alone."
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

    def add(self, noted: "_Noted") -> None:
        self.messages += noted.messages
        self.climbed += [one for one in noted.rungs if isinstance(one, Climbed)]
        self.skipped += [one for one in noted.rungs if isinstance(one, Skipped)]

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
    is called before each transaction.
    """
    report = SweepReport(at)
    found = _gather(sessions, at, report, in_hours=in_hours)
    climbing = _Climbing(sessions, report, secrets.token_hex(8), found.crowded(), dry_run, in_hours)
    for ids, command in found.batches:
        for start in range(0, len(ids), TOGETHER):
            alive()
            climbing.sweep_some(ids[start : start + TOGETHER], command)
    with closing(sessions()) as session:
        report.messages += len(climbing.crowded) if dry_run else send_held_lines(session, climbing.name, at)
        session.commit()
    return report


@dataclass
class _Gathered:
    """The tickets with something due, with their chains of command; how many escalations each address would get."""

    batches: list[tuple[list[int], Command]] = field(default_factory=list)
    due: int = 0
    escalations: Counter[str] = field(default_factory=Counter)

    def crowded(self) -> frozenset[str]:
        return frozenset(address for address, count in self.escalations.items() if count > MOST_SINGLE)


def _gather(sessions: sessionmaker[Session], at: datetime, report: SweepReport, *, in_hours: bool) -> _Gathered:
    found = _Gathered()
    with closing(sessions()) as session:
        ids = list(session.scalars(_DUE_TICKETS, {"at": at}))
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
        rungs = [rung for clock in clocks for rung in rungs_at(session, clock, command, at).due]
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
    if clocks:
        found.batches.append((_in_order(clocks), command))


def _key(address: str) -> str:
    """As mail systems compare addresses."""
    return address.casefold()


def _due(session: Session, ticket_ids: Sequence[int], at: datetime, *, in_hours: bool) -> list[Clock]:
    clocks = session.scalars(_DUE_CLOCKS, {"at": at, "ticket_ids": list(ticket_ids)}).unique().all()
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


@dataclass(frozen=True)
class _Climbing:
    """What all transactions of one sweep have in common."""

    sessions: sessionmaker[Session]
    report: SweepReport
    name: str
    crowded: frozenset[str]
    dry_run: bool
    in_hours: bool

    def sweep_some(self, ids: Sequence[int], command: Command) -> None:
        """In one transaction; where it fails, each ticket in one of its own, so that the others go on without it."""
        with closing(self.sessions()) as session:
            try:
                noted = self._climb_due(session, ids, command)
                session.rollback() if self.dry_run else session.commit()
            except OUTAGE:
                session.invalidate()
                raise
            except Exception as fault:  # noqa: BLE001  told when each is tried alone
                session.rollback()
                self._alone(ids, command, fault)
            else:
                self.report.add(noted)

    def _alone(self, ids: Sequence[int], command: Command, fault: Exception) -> None:
        if len(ids) > 1:
            for one in ids:
                self.sweep_some([one], command)
        elif isinstance(fault, IntegrityError):
            log.info("ticket %s: climbed by another sweep at the same time", ids[0])
        else:
            log.error("ticket %s: the sweep goes on without it", ids[0], exc_info=fault)
            self.report.failed.append(ids[0])

    def _climb_due(self, session: Session, ids: Sequence[int], command: Command) -> "_Noted":
        at = self.report.at
        held = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(skip_locked=True)
        tickets: dict[Ticket, dict[Clock, Rungs]] = {ticket: {} for ticket in session.scalars(held)}
        clocks = _due(session, [ticket.id for ticket in tickets], at, in_hours=self.in_hours)
        load_calendars(session, {clock.unit_code for clock in clocks})
        at_hand = units_above(session, {clock.unit_code for clock in clocks})
        for clock in clocks:
            tickets[clock.ticket][clock] = rungs_at(session, clock, command, at)
        rungs, messages = climb(session, tickets, self.crowded, self.name, at)
        del at_hand  # until now nobody asked for a unit by itself
        return _Noted([_note(rung) for rung in rungs], messages)


@dataclass(frozen=True)
class _Noted:
    """What one transaction did, as it is reported once it is committed."""

    rungs: Sequence[Climbed | Skipped]
    messages: int


def _note(rung: ForecastRung) -> Climbed | Skipped:
    clock = rung.clock
    if rung.skipped:
        return Skipped(clock.ticket.number, clock.task_id, rung.number, rung.unit, rung.skipped)
    return Climbed(clock.ticket.number, clock.task_id, str(clock.kind), rung.number, rung.unit,
                   rung.recipients.addresses, rung.at, clock.due_at)  # fmt: skip
