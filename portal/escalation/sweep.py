"""The sweep: every rung that is due is climbed, once, with its mail and its entry, some tickets in each transaction."""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from directory.batched import batched
from directory.calendars import load_calendars
from directory.queries import names_of
from portal.escalation.climbing import Sweep, climb
from portal.escalation.digest import Theirs, lines_held, send_lines
from portal.escalation.queries import due_clocks, due_tickets, held_tickets, with_tickets
from portal.escalation.swept import Noted, SweepReport
from portal.tickets.clocks import clock_calendar
from portal.tickets.forecast import Command, Rungs, command_of, rungs_at
from portal.tickets.models import Clock, Ticket
from portal.web.outage import OUTAGE

log = logging.getLogger(__name__)

_AT: Any = bindparam("at", type_=Clock.next_at.type)
_SOME: Any = bindparam("ticket_ids", expanding=True)
_DUE_TICKETS, _HELD = due_tickets(_AT), held_tickets(_SOME)
_CLOCKS = due_clocks(_AT, _SOME)
_CLOCKS_WITH_TICKETS = with_tickets(_CLOCKS)
"Built once."

MOST_SINGLE = 3
"Escalations of one recipient in one sweep; with more, one mail lists them all."
BATCH = 2_000
"Tickets whose clocks are gathered at once: the units above them, and who is there, are asked for each time."
TOGETHER = 100
"Tickets climbed in one transaction: others who write wait for it, and where one fails each is tried alone."
ON_TIME = timedelta(minutes=15)
"A rung that ends with the working day is still mailed so long after it: the worker comes a little later."
READS: Any = MappingProxyType({"read_only": True})
"Of a transaction that only looks for what is due."


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
    for batch in found.batches:
        for ids in batched(batch.ids, TOGETHER):
            alive()
            climbing.sweep_some(ids, batch)
    if dry_run:
        report.messages += len(climbing.crowded)
        return report
    for some in _held(sessions, climbing.name, at):
        alive()
        climbing.send_some(some)
    return report


def _held(sessions: sessionmaker[Session], name: str, at: datetime) -> list[Sequence[Theirs]]:
    with closing(_reading(sessions)) as session:
        return list(lines_held(session, name, at))


class _Batch(NamedTuple):
    """Tickets with something due, with their chain of command and what its units are called."""

    ids: list[int]
    command: Command
    names: Mapping[str, str]


@dataclass
class _Gathered:
    """The tickets with something due; how many escalations each address would get."""

    batches: list[_Batch] = field(default_factory=list)
    due: int = 0
    escalations: Counter[str] = field(default_factory=Counter)

    def crowded(self) -> frozenset[str]:
        return frozenset(address for address, count in self.escalations.items() if count > MOST_SINGLE)


def _gather(sessions: sessionmaker[Session], at: datetime, report: SweepReport, *, in_hours: bool) -> _Gathered:
    found = _Gathered()
    with closing(_reading(sessions)) as session:
        ids = list(session.scalars(_DUE_TICKETS, {"at": at}))
        for some in batched(ids, BATCH):
            _gather_some(session, some, at, found, report, in_hours=in_hours)
    report.due = found.due
    return found


def _reading(sessions: sessionmaker[Session]) -> Session:
    """A session that only reads: on SQLite it keeps nobody from writing meanwhile, however much is due."""
    session = sessions()
    session.connection(execution_options=READS)
    return session


def _gather_some(
    session: Session, ids: Sequence[int], at: datetime, found: _Gathered, report: SweepReport, *, in_hours: bool
) -> None:
    """Together; where one of them cannot be worked out, each half alone, so that in the end the one is passed over."""
    try:
        clocks = session.scalars(_CLOCKS_WITH_TICKETS, {"at": at, "ticket_ids": list(ids)}).all()
        clocks = _mailable(session, clocks, at) if in_hours else clocks
        command = command_of(session, clocks, at)
        rungs = [rung for clock in clocks for rung in rungs_at(session, clock, command, at).due]
    except OUTAGE:
        session.invalidate()
        raise
    except Exception:
        session.rollback()
        session.connection(execution_options=READS)
        if len(ids) == 1:
            log.exception("ticket %s: the sweep goes on without it", ids[0])
            report.failed.append(ids[0])
            return
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            _gather_some(session, half, at, found, report, in_hours=in_hours)
        return
    found.due += len(rungs)
    found.escalations.update(_key(one) for rung in rungs if rung.number for one in rung.recipients.addresses)
    if clocks:
        units = {*command.parents, *(clock.ticket.opener_code for clock in clocks)}
        found.batches.append(_Batch(_in_order(clocks), command, names_of(session, units)))


def _key(address: str) -> str:
    """As mail systems compare addresses."""
    return address.casefold()


def _mailable(session: Session, clocks: Sequence[Clock], at: datetime) -> list[Clock]:
    """Of these, those whose unit may be mailed now."""
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

    def sweep_some(self, ids: Sequence[int], batch: _Batch) -> None:
        """In one transaction; where it fails, each ticket in one of its own, so that the others go on without it."""
        with closing(self.sessions()) as session:
            try:
                noted = self._climb_due(session, ids, batch)
                session.rollback() if self.dry_run else session.commit()
            except OUTAGE:
                session.invalidate()
                raise
            except Exception as fault:  # noqa: BLE001  told when each is tried alone
                session.rollback()
                self._alone(ids, batch, fault)
            else:
                self.report.add(noted)

    def _alone(self, ids: Sequence[int], batch: _Batch, fault: Exception) -> None:
        if len(ids) > 1:
            for one in ids:
                self.sweep_some([one], batch)
        elif isinstance(fault, IntegrityError):
            log.info("ticket %s: climbed by another sweep at the same time", ids[0])
        else:
            log.error("ticket %s: the sweep goes on without it", ids[0], exc_info=fault)
            self.report.failed.append(ids[0])

    def send_some(self, some: Sequence[Theirs]) -> None:
        """The mails that list these people's lines, alike: where one fails, each person's are tried alone.

        What fails is left for a later sweep.
        """
        with closing(self.sessions()) as session:
            try:
                messages = send_lines(session, some, self.report.at)
                session.commit()
            except OUTAGE:
                session.invalidate()
                raise
            except Exception:
                session.rollback()
                log.exception("%d people: a mail that lists their escalations failed", len(some))
                for one in some if len(some) > 1 else ():
                    self.send_some([one])
            else:
                self.report.messages += messages

    def _climb_due(self, session: Session, ids: Sequence[int], batch: _Batch) -> Noted:
        at = self.report.at
        tickets: dict[Ticket, dict[Clock, Rungs]] = {
            ticket: {} for ticket in session.scalars(_HELD, {"ticket_ids": list(ids)})
        }
        asked = {"at": at, "ticket_ids": [ticket.id for ticket in tickets]}
        clocks = session.scalars(_CLOCKS, asked).all()
        load_calendars(session, {clock.unit_code for clock in clocks})
        for clock in _mailable(session, clocks, at) if self.in_hours else clocks:
            tickets[clock.ticket][clock] = rungs_at(session, clock, batch.command, at)
        sweep = Sweep(self.name, at, self.crowded, batch.names)
        return Noted.of(*climb(session, tickets, sweep))
