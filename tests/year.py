"""A year of tickets, made up and the same every time, written in bulk: so that figures can be checked and looked at.

Every task has the clocks and the entries that its moves would have left; what happened is drawn from a seeded dice.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from directory.base import Model
from directory.calendars import calendar_of
from directory.models import Unit, UnitAncestor, UnitKind
from directory.working_time import WorkingCalendar
from portal.escalation.models import Climb
from portal.ladder.ladder import ClockKind, Policy
from portal.procedures.catalogue import Procedure, Step, shipped
from portal.tickets.lifecycle import Outcome, Place, TaskState, TicketState
from portal.tickets.models import Clock, Entry, Party, Task, Ticket
from portal.tickets.number import format_number

TABLES: tuple[type[Model], ...] = (Ticket, Party, Task, Clock, Climb, Entry)
ROWS_AT_A_TIME = 2_000
USUAL = {"check-and-sign": 40, "enquiry": 25, "address": 12, "appearance": 10, "found-card": 6, "overdue": 6, "minor": 3}
WORKING_DAY = 390


def make_year(session: Session, tickets: int, since: datetime, until: datetime, seed: int = 2016) -> None:
    """So many tickets opened between two instants; what would happen after `until` has not happened."""
    Year(session, since, until, seed).write(tickets)


class Year:
    """The rows of a year, made one ticket after the other."""

    def __init__(self, session: Session, since: datetime, until: datetime, seed: int) -> None:
        self.session, self.since, self.until = session, since, until
        self.dice = random.Random(seed)
        self.rows: dict[type[Model], list[dict[str, Any]]] = {table: [] for table in TABLES}
        self.ids = {table: count((session.scalar(select(func.max(table.id))) or 0) + 1)
                    for table in TABLES if table is not Party}  # type: ignore[attr-defined]  # fmt: skip
        units = session.scalars(select(Unit).where(Unit.closed_on.is_(None)).order_by(Unit.code)).all()
        self.asking = [unit.code for unit in units if unit.kind in {UnitKind.HALL, UnitKind.STATION}]
        self.halls = [unit.code for unit in units if unit.kind is UnitKind.HALL]
        self.corps = next(unit.code for unit in units if unit.kind is UnitKind.CORPS)
        self.above: dict[str, list[str]] = defaultdict(list)
        for code, ancestor in session.execute(
            select(UnitAncestor.unit_code, UnitAncestor.ancestor_code).order_by(UnitAncestor.distance)
        ):
            self.above[code].append(ancestor)
        self.speed = {code: self.dice.uniform(0.35, 1.15) for code in self.above}
        self.parties: set[tuple[int, str]] = set()

    def write(self, tickets: int) -> None:
        whole = (self.until - self.since).total_seconds()
        for number in range(tickets):
            self._ticket(self.since + timedelta(seconds=self.dice.random() * whole), number)
        for table in TABLES:
            rows = self.rows[table]
            for start in range(0, len(rows), ROWS_AT_A_TIME):
                self.session.execute(insert(table), rows[start : start + ROWS_AT_A_TIME])
        if self.session.get_bind().dialect.name == "postgresql":
            for table in self.ids:
                name = table.__tablename__
                self.session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608
                )

    def _ticket(self, at: datetime, number: int) -> None:
        at = self._calendar("").at_or_next_opening(at)
        if at >= self.until:
            return
        opener, registry = self.dice.choice(self.asking), self.dice.choice(self.halls)
        procedure = shipped()[self.dice.choices(list(USUAL), list(USUAL.values()))[0]]
        key = self._add(
            Ticket, number=format_number(at.year, 500_000 + number), state=TicketState.OPEN,
            procedure=procedure.code, urgency="normal", policy=Policy().to_dict(), opener_code=opener,
            registry_code=registry, opened_at=at, accepted_on=at.date(), drill=self.dice.random() < 0.03,
            top_code=self.corps, version=1,
        )  # fmt: skip
        self._party(key, opener)
        self._entry(key, None, at, "opened")
        self._steps(key, procedure, opener, registry, at)

    def _steps(self, ticket: int, procedure: Procedure, opener: str, registry: str, at: datetime) -> None:
        turn: datetime | None = at
        for position, step in enumerate(procedure.steps, 1):
            unit = {"registry": registry, "residence": opener, "corps": self.corps}.get(step.place, registry)
            turn = self._task(ticket, position, step, opener, unit, turn)

    def _task(
        self, ticket: int, position: int, step: Step, opener: str, unit: str, at: datetime | None
    ) -> datetime | None:
        """When it was answered with *done*: then the next task is sent."""
        row = {"ticket_id": ticket, "position": position, "step": step.step, "step_zh": step.zh,
               "place": Place(step.place), "after": list(step.after), "limit_amount": step.limit.amount,
               "limit_unit": step.limit.unit, "version": 1, "handed_on": 0, "cycle": 0, "sent_at": None,
               "signed_for_at": None, "answered_at": None, "outcome": None}  # fmt: skip
        self._party(ticket, unit)
        key = next(self.ids[Task])
        facts = self._moves(ticket, key, step, opener, unit, at) if at else {"state": TaskState.WAITING}
        self.rows[Task].append({**row, "id": key, "unit_code": unit, **facts})
        done = facts.get("outcome") is Outcome.DONE
        return facts["answered_at"] if done else None

    def _moves(self, ticket: int, task: int, step: Step, opener: str, unit: str, at: datetime) -> dict[str, Any]:
        facts: dict[str, Any] = {"state": TaskState.SENT, "cycle": 1, "sent_at": at, "unit_code": unit}
        self._entry(ticket, task, at, "sent", unit=unit)
        if self.dice.random() < 0.06:
            unit = self._hand_on(ticket, task, unit, at, facts)
        else:
            self._signing(ticket, task, unit, at, cycle=1)
        ended = self._answering(ticket, task, step, unit, at, facts["cycle"])
        if ended and self.dice.random() < 0.07:
            return self._returned(ticket, task, step, opener, unit, ended, facts)
        return facts | (self._answered(ticket, task, ended) if ended else {})

    def _hand_on(self, ticket: int, task: int, unit: str, at: datetime, facts: dict[str, Any]) -> str:
        other = self.dice.choice(self.halls)
        self._party(ticket, other)
        facts |= {"unit_code": other, "handed_on": 1}
        later = min(self._calendar(unit).add(at, 60), self.until)
        self._signing(ticket, task, unit, at, cycle=1, stopped=later)
        self._entry(ticket, task, later, "handed_on", unit=other, former=unit)
        self._signing(ticket, task, other, later, cycle=1, hand=1)
        return other

    def _returned(
        self, ticket: int, task: int, step: Step, opener: str, unit: str, at: datetime, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """Sent back, amended by the opener in a cycle of its own, sent and answered again."""
        self._entry(ticket, task, at, "returned")
        again = self._calendar(opener).add(at, self.dice.randint(60, 900))
        if again >= self.until:
            self._clock(ticket, task, ClockKind.ANSWER, opener, at, WORKING_DAY * 2, 2, None)
            return {**facts, "state": TaskState.RETURNED, "cycle": 2}
        self._clock(ticket, task, ClockKind.ANSWER, opener, at, WORKING_DAY * 2, 2, again)
        self._entry(ticket, task, again, "sent", unit=unit)
        self._signing(ticket, task, unit, again, cycle=3)
        facts = {**facts, "cycle": 3, "sent_at": again}
        ended = self._answering(ticket, task, step, unit, again, 3)
        return facts | (self._answered(ticket, task, ended) if ended else {})

    def _answered(self, ticket: int, task: int, at: datetime) -> dict[str, Any]:
        outcome = Outcome.REFUSED if self.dice.random() < 0.05 else Outcome.DONE
        self._entry(ticket, task, at, "answered", outcome=outcome)
        return {"state": TaskState.ANSWERED, "outcome": outcome, "answered_at": at}

    def _signing(
        self, ticket: int, task: int, unit: str, at: datetime, *, cycle: int, hand: int = 0,
        stopped: datetime | None = None,
    ) -> None:  # fmt: skip
        signed = stopped or self._calendar(unit).add(at, self.dice.randint(5, 300))
        self._clock(ticket, task, ClockKind.SIGN_FOR, unit, at, 240, cycle, signed, hand)

    def _answering(self, ticket: int, task: int, step: Step, unit: str, at: datetime, cycle: int) -> datetime | None:
        """An answer clock; when it ended, None if it still runs."""
        limit = step.limit.amount * WORKING_DAY
        taken = max(8, int(limit * self.speed[unit] * self.dice.lognormvariate(-0.5, 0.6)))
        ended = self._calendar(unit).add(at, taken) + timedelta(seconds=self.dice.randint(0, 59))
        self._clock(ticket, task, ClockKind.ANSWER, unit, at, limit, cycle, ended)
        return ended if ended < self.until else None

    def _clock(
        self, ticket: int, task: int, kind: ClockKind, unit: str, at: datetime, limit: int, cycle: int,
        stopped: datetime | None, hand: int = 0,
    ) -> None:  # fmt: skip
        calendar = self._calendar(unit)
        urge, due = calendar.add(at, limit * 3 // 4), calendar.add(at, limit)
        stopped = stopped if stopped and stopped < self.until else None
        key = self._add(
            Clock, ticket_id=ticket, task_id=task, kind=kind, cycle=cycle, hand=hand, unit_code=unit, hours_code=unit,
            started_at=at, limit_amount=limit, limit_unit="working minute", extended=0, pauses=[], urge_at=urge,
            due_at=due, provisional=False, silent=[], stopped_at=stopped,
        )  # fmt: skip
        self._climbs(ticket, task, key, unit, [urge, due, *(calendar.add(due, WORKING_DAY * n) for n in (1, 2, 3))],
                     stopped or self.until)  # fmt: skip

    def _climbs(
        self, ticket: int, task: int, clock: int, unit: str, instants: Sequence[datetime], end: datetime
    ) -> None:
        chain = [unit, *self.above[unit]]
        for rung, at in enumerate(instants):
            if at < end and rung < len(chain):
                skipped = "nobody" if self.dice.random() < 0.05 else None
                self._add(Climb, clock_id=clock, rung=rung, unit_code=chain[rung], planned_at=at, climbed_at=at,
                          recipients=[], skipped=skipped)  # fmt: skip
                self._entry(ticket, task, at, "skipped" if skipped else "climbed", rung=rung, unit=chain[rung])

    def _entry(self, ticket: int, task: int | None, at: datetime, kind: str, **detail: Any) -> None:
        self._add(Entry, ticket_id=ticket, task_id=task, at=at, kind=kind, by="张三", text="", detail=detail)

    def _party(self, ticket: int, unit: str) -> None:
        if (ticket, unit) not in self.parties:
            self.parties.add((ticket, unit))
            self.rows[Party].append({"ticket_id": ticket, "unit_code": unit})

    def _add(self, table: type[Model], **row: Any) -> int:
        key = next(self.ids[table])
        self.rows[table].append({"id": key, **row})
        return key

    def _calendar(self, unit: str) -> WorkingCalendar:
        return calendar_of(self.session, unit)


def china(text_: str) -> datetime:
    """An instant in China, `2016-01-04 09:00`."""
    return datetime.fromisoformat(f"{text_}+08:00").astimezone(UTC)
