"""Counting one day: what happened then, by the unit concerned and every unit above it, written in place of the old."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from directory.batched import batched
from directory.calendars import TIMEZONE, load_calendars
from directory.models import Unit, UnitAncestor
from directory.working_time import CHINA
from portal.statistics import queries
from portal.statistics.figures import COUNTED
from portal.statistics.histogram import class_of
from portal.statistics.models import MINUTES, daily_figure, daily_pair
from portal.tickets.clocks import limit_calendar
from portal.tickets.lifecycle import Outcome
from portal.tickets.models import Clock

ROWS_AT_A_TIME = 1_000
RUNGS = {0: "urged", 1: "rung1", 2: "rung2"}
HIGHER = "rung3"
PAIRED = ("received", "answered", "on_time")
TICKET = ""
"The step of what concerns a ticket as a whole."


@dataclass(frozen=True)
class Command:
    """The chain of command by which is counted: every unit with those above it, a merged one as its successor."""

    above: Mapping[str, Sequence[str]]
    successors: Mapping[str, str]
    homes: Mapping[str, str]
    digest: str

    def of(self, unit: str) -> Sequence[str]:
        """The unit and all above it; a unit that is not there any more, alone nowhere."""
        return self.above.get(self.now(unit), ())

    def now(self, unit: str) -> str:
        """The unit that a merged one has become."""
        met: set[str] = set()
        while unit in self.successors and unit not in met:
            met.add(unit)
            unit = self.successors[unit]
        return unit

    def home(self, unit: str) -> str:
        """The prefecture's unit, the corps for its own."""
        now = self.now(unit)
        return self.homes.get(now, now)


def command_now(session: Session) -> Command:
    """The chain of command as it stands."""
    above: dict[str, list[str]] = defaultdict(list)
    for unit, ancestor in session.execute(select(UnitAncestor.unit_code, UnitAncestor.ancestor_code)):
        above[unit].append(ancestor)
    homes = dict(session.execute(queries.homes()).all())
    facts = session.execute(_facts()).all()
    successors = {code: successor for code, _parent, successor, _kind in facts if successor}
    return Command(above, successors, homes, digest_of(facts))


def digest_now(session: Session) -> str:
    """That of the chain of command as it stands, to tell whether it has changed."""
    return digest_of(session.execute(_facts()).all())


def digest_of(facts: Any) -> str:
    return sha256(repr([tuple(map(str, row)) for row in facts]).encode()).hexdigest()


def _facts() -> Any:
    return select(Unit.code, Unit.parent_code, Unit.successor_code, Unit.kind).order_by(Unit.code)


class Counts:
    """The sums of one day."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.figures: dict[tuple[str, str, str], dict[str, int]] = defaultdict(_zeros)
        self.pairs: dict[tuple[str, bool, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(PAIRED, 0))

    def count(self, unit: str, procedure: str, step: str | None, name: str, number: int = 1) -> None:
        for each in self.command.of(unit):
            self.figures[each, procedure, step or TICKET][name] += number

    def count_pair(self, opener: str, unit: str, name: str, number: int = 1) -> None:
        """Seen from who asked and from who owed, and from all above them: with which prefecture."""
        for near, far, asks in ((opener, unit, True), (unit, opener, False)):
            home = self.command.home(far)
            for each in self.command.of(near) if home in self.command.above else ():
                self.pairs[each, asks, home][name] += number

    def figure_rows(self, day: date) -> Iterator[dict[str, Any]]:
        for (unit, procedure, step), counts in self.figures.items():
            yield {"unit_code": unit, "day": day, "procedure": procedure, "step": step, **counts}

    def pair_rows(self, day: date) -> Iterator[dict[str, Any]]:
        for (unit, asks, other), counts in self.pairs.items():
            yield {"unit_code": unit, "asks": asks, "day": day, "other_code": other, **counts}


def count_day(session: Session, day: date, command: Command) -> None:
    """Count a day (in local time) and write it in place of what was counted before; again, it is the same."""
    since, until = instants_of(session, day)
    counts = Counts(command)
    for opener, procedure, number in session.execute(queries.accepted(since, until)):
        counts.count(opener, procedure, TICKET, "accepted", number)
    for unit, procedure, step, opener, number in session.execute(queries.received(since, until)):
        counts.count(unit, procedure, step, "received", number)
        counts.count_pair(opener, unit, "received", number)
    for unit, procedure, step, rung, number in session.execute(queries.climbed(since, until)):
        counts.count(unit, procedure, step, RUNGS.get(rung, HIGHER), number)
    _count_settled(session, counts, since, until)
    for table, rows in ((daily_figure, counts.figure_rows(day)), (daily_pair, counts.pair_rows(day))):
        session.execute(delete(table).where(table.c.day == day))
        _write(session, table, list(rows))


def instants_of(session: Session, day: date) -> tuple[datetime, datetime]:
    """Where a local day begins, and where the next one does."""
    zone = session.info.get(TIMEZONE, CHINA)
    begins, ends = (datetime.combine(each, time.min, zone) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


def local_day(session: Session, at: datetime) -> date:
    return at.astimezone(session.info.get(TIMEZONE, CHINA)).date()


def _count_settled(session: Session, counts: Counts, since: datetime, until: datetime) -> None:
    ended = {clock.id: (clock, kind, detail) for clock, kind, detail in session.execute(queries.settled(since, until))}
    load_calendars(session, {clock.hours_code for clock, _kind, _detail in ended.values()})
    for clock, kind, detail in ended.values():
        names = ["returned"] if kind == "returned" else _names(session, clock, detail)
        for name in names:
            counts.count(clock.unit_code, clock.ticket.procedure, clock.task.step if clock.task else "", name)
        for name in set(names) & set(PAIRED):
            counts.count_pair(clock.ticket.opener_code, clock.unit_code, name)


def _names(session: Session, clock: Clock, detail: Mapping[str, Any]) -> list[str]:
    """Where an answer counts; a limit is kept by an answer before it passes."""
    names = ["answered", MINUTES[class_of(_minutes(session, clock))]]
    if clock.stopped_at is not None and clock.stopped_at < clock.due_at:
        names.append("on_time")
    if detail.get("outcome") == Outcome.REFUSED:
        names.append("refused")
    return names


def _minutes(session: Session, clock: Clock) -> int:
    """The working time that it took, in the calendar in which its limit was counted; what it stood is left out."""
    return max(0, limit_calendar(session, clock).elapsed(clock.started_at, clock.stopped_at or clock.started_at))


def _write(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    for some in batched(rows, ROWS_AT_A_TIME):
        session.execute(insert(table), some)


def _zeros() -> dict[str, int]:
    return dict.fromkeys((*COUNTED, *MINUTES), 0)
