"""A simulated year: random tickets, random moves, sweeps that fail, meet or are killed; a checker of its own judges it.

The checker reads nothing but the entries of the tickets, the chain of command and the calendar (`tests.walker`), works
out which rungs were due at each sweep, and finds each climbed exactly once, none missing, none extra, and mailed.
"""

import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import case, select
from sqlalchemy.orm import Session, selectinload, sessionmaker

from directory import corrections
from directory.models import Contact, ContactRole
from portal.errors import Refused
from portal.escalation.models import Climb, DigestLine
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.mail.deliver import deliver
from portal.mail.models import MailState, OutboxMail
from portal.procedures.catalogue import shipped
from portal.tickets import moves
from portal.tickets.adding import Place, add_place
from portal.tickets.cancelling import cancel
from portal.tickets.closing import close_settled
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.extension import Extension, ExtensionState
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.holding import hold
from portal.tickets.lifecycle import Outcome, TaskState
from portal.tickets.models import Clock, Entry, Task, Ticket
from portal.tickets.queries import load_task, load_ticket
from portal.tickets.suspending import Suspension, resume, resume_ended, suspend
from portal.web.permissions import Role
from tests.factories import UNITS, Province, actor_at
from tests.portal.world import opened
from tests.walker import Paused, Walker, climb, end_of_day

SEED = 20_160_104
YEAR = datetime(2016, 1, 4, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROCEDURES = (
    "enquiry",
    "enquiry",
    "check-and-sign",
    "duplicate-registration",
    "moved",
    "found-card",
    "urgent",
    "recapture",
)
UNCOUNTED = {"corps", "common superior"}
SILENT = "fusong"
"At this unit nobody who supervises is ever reached."


class Killed(BaseException):
    """The process is gone at this instant."""


class Fragile(Session):
    """A session whose process is killed now and then, just before or just after it commits."""

    random = Random(0)
    odds = 0.0

    def commit(self) -> None:
        dies = self.random.random() < self.odds
        if dies and self.random.random() < 0.5:
            self.rollback()
            raise Killed
        super().commit()
        if dies:
            raise Killed


@dataclass
class Year:
    """The simulation: what happens when, and when it was swept."""

    app: Flask
    session: Session
    province: Province
    random: Random
    sweeps: list[datetime] = field(default_factory=list)

    def run(self, tickets: int) -> None:
        happenings = self._happenings(tickets)
        for at, what in happenings:
            what(at)
            db.session.commit()
        while deliver(self.session, self.app.extensions["settings"], at := at + timedelta(hours=2)).to_dict()["sent"]:
            pass

    def _happenings(self, tickets: int) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """Openings, moves and sweeps in order, no two at the same minute; without any sweep for ten days in May."""
        days = 340 if tickets > 500 else 90
        span = days * 24 * 60
        minutes = self.random.sample(range(span), tickets * 11)
        kinds: list[Callable[[datetime], None]] = [self._open] * tickets + [self._move] * (tickets * 10)
        self.random.shuffle(kinds)
        events = [(YEAR + minute * MINUTE, kind) for minute, kind in zip(minutes, kinds, strict=True)]
        every = (n * 61 + self.random.randrange(50) for n in range(span // 61))
        taken = set(minutes)
        outage = range(100 * 24 * 60, 110 * 24 * 60) if days > 110 else range(40 * 24 * 60, 45 * 24 * 60)
        sweeps = [(YEAR + minute * MINUTE, self._sweep) for minute in every
                  if minute not in taken and minute not in outage and self.random.random() < 0.25]  # fmt: skip
        return sorted([*events, *sweeps, (YEAR + (span + 60) * MINUTE, self._sweep)], key=lambda one: one[0])

    def _open(self, at: datetime) -> None:
        units = [getattr(self.province, key) for key in UNITS if key not in {"corps", "jilin", "baishan"}]
        opener, registry, *others = self.random.sample(units, 4)
        procedure = shipped()[self.random.choice(PROCEDURES)]
        repeated = [("former registry", unit.code) for unit in others[: self.random.randint(1, 2)]]
        places = repeated if "former registry" in procedure.places_named else []
        with contextlib.suppress(Refused):
            opened(self.session, opener, registry if "registry" in procedure.places_named else None, at,
                   procedure=procedure.code, places=places, urgency=self.random.choice(["", "", "urgent"]))  # fmt: skip
        self.session.rollback()

    def _move(self, at: datetime) -> None:
        """A random officer makes a random move on a random open ticket; what is not allowed is refused."""
        ids = self.session.scalars(select(Ticket.id).where(Ticket.closed_at.is_(None)).order_by(Ticket.id)).all()
        if not ids:
            return
        recent = self.random.random() < 0.6  # what is asked for before the limit needs tickets that are not late yet
        ticket = self.session.get_one(Ticket, self.random.choice(ids[-6:] if recent else ids))
        task = self.random.choice(ticket.tasks)
        owing, opener = actor_at(task.unit), actor_at(ticket.opener)
        number, task_id = ticket.number, task.id
        chief = actor_at(self.random.choice([self.province.baishan, self.province.jilin]), [Role.SUPERVISOR])

        def at_task(actor: Any) -> Task:
            return load_task(self.session, actor, number, task_id, lock=True)

        def at_ticket(actor: Any) -> Ticket:
            return load_ticket(self.session, actor, number, lock=True)

        done, refused = (
            moves.Answer(text="已核对", explanation="迟延说明"),
            moves.Answer(Outcome.REFUSED, "查无此人", ["无此人"], "李内勤 0439-8001111", "迟延说明"),
        )
        back = moves.Return("材料不清", "请补", "李内勤 0439-8001111")
        there = self.random.choice([getattr(self.province, key) for key in UNITS])
        day = (at + timedelta(days=self.random.randint(1, 12))).date()
        tries: list[Callable[[], object]] = [
            lambda: hand_on(self.session, owing, at_task(owing), HandOn(there.code, "不归我处"), at),
            lambda: suspend(self.session, owing, at_task(owing), Suspension("等补材料", day), at),
            lambda: suspend(self.session, owing, at_task(owing), Suspension("等补材料", day), at),
            lambda: resume(self.session, owing, at_task(owing), at),
            lambda: resume_ended(self.session, at),
            lambda: ask_extension(self.session, owing, at_task(owing), Asked(self.random.randint(1, 4), "调档"), at),
            lambda: ask_extension(self.session, owing, at_task(owing), Asked(2, "调档"), at),
            lambda: self._decide_all(at),
            lambda: add_place(self.session, opener, at_ticket(opener), Place(there.code, task.step, "也请办理"), at),
            lambda: cancel(self.session, opener, at_task(opener), "不需要了", at),
            lambda: moves.sign_for(self.session, owing, at_task(owing), at),
            lambda: moves.sign_for(self.session, owing, at_task(owing), at),
            lambda: moves.answer(self.session, owing, at_task(owing), done, at),
            lambda: moves.answer(self.session, owing, at_task(owing), refused, at),
            lambda: moves.return_task(self.session, owing, at_task(owing), back, at),
            lambda: moves.resend(self.session, opener, at_task(opener), "已补", at),
            lambda: moves.resend(self.session, opener, at_task(opener), "已补", at),
            lambda: moves.answer(self.session, owing, at_task(owing), done, at),
            lambda: self._withdraw_seldom(at_ticket, opener, at),
            lambda: hold(self.session, chief, at_ticket(chief), at),
            lambda: hold(self.session, chief, at_ticket(chief), at),
            lambda: close_settled(self.session, at),
        ]
        try:
            self.random.choice(tries)()
            self.session.commit()
        except Refused:
            self.session.rollback()

    def _decide_all(self, at: datetime) -> None:
        """Whoever decides grants or refuses what waits, on whichever tickets."""
        for request in self.session.scalars(select(Extension).where(Extension.state == ExtensionState.PENDING)).all():
            chief = actor_at(request.decider, [Role.OFFICER, Role.SUPERVISOR])
            task = load_task(self.session, chief, request.task.ticket.number, request.task_id, lock=True)
            granted = self.random.random() < 0.7
            decide_extension(self.session, chief, task, Decision(granted=granted, reason="已研究"), at)

    def _withdraw_seldom(self, load: Callable[[Any], Ticket], opener: Any, at: datetime) -> None:
        if self.random.random() < 0.2:
            moves.withdraw(self.session, opener, load(opener), "不需要了", at)

    def _deliver(self, at: datetime) -> None:
        """The worker's other loop, which stands still for weeks while the mail server is away."""
        if not YEAR + timedelta(days=20) < at < YEAR + timedelta(days=50):
            deliver(self.session, self.app.extensions["settings"], at)

    def _sweep(self, at: datetime) -> None:
        """As it goes: alone, two at once, or killed on the way and come again."""
        self.sweeps.append(at)
        db.session.commit()
        way = self.random.random()
        if way < 0.15:
            self._at_once(at)
        elif way < 0.4:
            self._killed(at)
        sweep(db.sessionmaker, at)
        db.session.expire_all()
        assert_climbs_tell_their_clocks(self.session)
        if self.random.random() < 0.3:
            self._deliver(at)

    def _at_once(self, at: datetime) -> None:
        def run() -> None:
            with self.app.app_context():
                sweep(db.sessionmaker, at)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _killed(self, at: datetime) -> None:
        Fragile.random, Fragile.odds = self.random, 0.5
        fragile = sessionmaker(db.engine, class_=Fragile, info=dict(db.sessionmaker.kw["info"]))
        with contextlib.suppress(Killed):
            sweep(fragile, at)


# The checker


@dataclass
class Counted:
    """One clock as the entries tell it: who owes from when on, when it began, how long its limit is, when it stood."""

    task: int | None
    cycle: int
    kind: str
    owners: list[tuple[datetime, str]]
    place: str
    started: datetime
    minutes: int = 0
    "of working time; 0 for the whole case, whose ends are given"
    ends: tuple[datetime, datetime] | None = None
    since: datetime | None = None
    "from when on it is climbed, if not from its start"
    stopped: datetime | None = None
    holds: list[tuple[datetime, int, datetime]] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    def unit(self, at: datetime) -> str:
        return next(unit for since, unit in reversed(self.owners) if since <= at)

    def stands(self, at: datetime) -> bool:
        return any(since <= at < until for since, until in self.pauses)


Due = tuple[str, int | None, int, str, int, str, datetime, bool]
"Number, task, cycle, clock, rung, unit, sweep, skipped."


class Checker:
    """Works out from the entries of one ticket which rungs were due at which sweep."""

    def __init__(self, ticket: str, entries: Sequence[Entry], parents: Mapping[str, str | None], silent: str) -> None:
        self.ticket, self.parents, self.silent = ticket, parents, silent
        self.clocks: list[Counted] = []
        self.cancelled: dict[int, datetime] = {}
        first = entries[0]
        self.opener = str(first.by_unit_code)
        self.policy: dict[str, int] = first.detail["policy"]
        self.places: dict[int, tuple[str, list[tuple[datetime, str]]]] = {
            task: (place, [(first.at, unit)]) for task, place, unit in first.detail["places"]
        }
        if first.detail["overall"]:
            self._start_overall(first)
        for entry in entries:
            self._read(entry)

    def due(self, sweeps: Sequence[datetime]) -> Iterator[Due]:
        for clock in self.clocks:
            yield from self._due(clock, sweeps)

    def _due(self, clock: Counted, sweeps: Sequence[datetime]) -> Iterator[Due]:
        climbed, passed = -1, dict[int, bool]()
        walker = Paused(WALKER, clock.pauses) if clock.pauses else WALKER
        urge_at, due_at = clock.ends or (
            walker.add(clock.started, clock.minutes * self.policy["urge_percent"] // 100),
            walker.add(clock.started, clock.minutes),
        )
        for at in sweeps:
            over = clock.stopped is not None and clock.stopped <= at
            if at < (clock.since or clock.started) or over or clock.stands(at):
                continue
            held = next(((rung, until) for said, rung, until in reversed(clock.holds) if said <= at), None)
            rungs = climb(walker, urge_at, due_at, self._chain(clock, at), self.policy["interval_minutes"],
                          lambda unit, number: passed.get(number, unit == self.silent and number > 0), held)  # fmt: skip
            for number, planned, unit, skipped in rungs:
                if number > climbed and planned <= at:
                    climbed, passed[number] = number, skipped
                    yield self.ticket, clock.task, clock.cycle, clock.kind, number, unit, at, skipped

    def _chain(self, clock: Counted, at: datetime) -> list[str]:
        """From who owes to the lowest unit above the opener and every place not cancelled by then."""
        if clock.place in UNCOUNTED:
            return [clock.unit(at)]
        units = {
            unit
            for task, (place, owners) in self.places.items()
            if place not in UNCOUNTED and not (task in self.cancelled and self.cancelled[task] <= at)
            for unit in [next((unit for since, unit in reversed(owners) if since <= at), None)]
            if unit
        }
        paths = [self._above(unit) for unit in {self.opener, *units}]
        top = next(unit for unit in paths[0] if all(unit in path for path in paths))
        own = self._above(clock.unit(at))
        return own[: own.index(top) + 1]

    def _above(self, unit: str) -> list[str]:
        path, at = [], unit
        while at:
            path.append(at)
            at = self.parents.get(at) or ""
        return path

    def _start_overall(self, first: Entry) -> None:
        days, day = first.detail["overall"][0], date.fromisoformat(first.detail["accepted_on"])
        urge = end_of_day(day, days * self.policy["urge_percent"] // 100)
        ends = (urge, end_of_day(day, days))
        self.clocks.append(Counted(None, 1, "overall", [(first.at, self.opener)], "", first.at, ends=ends))

    def _start(self, entry: Entry, kind: str, limit: tuple[int, str], unit: str, cycle: int, place: str) -> None:
        amount, counted_in = limit
        minutes = amount * {"working day": 390, "working minute": 1}[counted_in]
        self.clocks.append(Counted(entry.task_id, cycle, kind, [(entry.at, unit)], place, entry.at, minutes))

    def _running(self, task: int | None, kind: str) -> Counted:
        return next(one for one in self.clocks if one.stopped is None and (one.task, one.kind) == (task, kind))

    def _stop(self, at: datetime, task: int | None = None, kind: str = "") -> None:
        """The clocks of a task, or all."""
        for clock in self.clocks:
            if clock.stopped is None and task in {None, clock.task} and kind in {"", clock.kind}:
                clock.stopped = at

    def _read(self, entry: Entry) -> None:  # noqa: C901  a table of the kinds of entry
        detail, task = entry.detail, entry.task_id
        if entry.kind == "sent":
            place = self.places[task or 0][0]
            for kind, limit in detail["limits"].items():
                self._start(entry, kind, limit, detail["unit"], detail["cycle"], place)
        elif entry.kind == "signed_for":
            self._stop(entry.at, task, "sign_for")
        elif entry.kind in {"answered", "resent"}:
            self._stop(entry.at, task)
        elif entry.kind == "returned":
            cycle = max(clock.cycle for clock in self.clocks if clock.task == task) + 1
            self._stop(entry.at, task)
            self._start(entry, "answer", (self.policy["amend_minutes"], "working minute"), self.opener, cycle, "")
        elif entry.kind == "cancelled":
            self._stop(entry.at, task)
            self.cancelled[task or 0] = entry.at
        elif entry.kind in {"resolved", "withdrawn"}:
            self._stop(entry.at)
        elif entry.kind == "held":
            clock = self._running(task, detail["clock"])
            clock.holds.append((entry.at, detail["rung"], datetime.fromisoformat(detail["until"])))
        else:
            self._read_rare(entry)

    def _read_rare(self, entry: Entry) -> None:
        detail, task = entry.detail, entry.task_id or 0
        if entry.kind == "handed_on":
            place, owners = self.places[task]
            owners.append((entry.at, detail["unit"]))
            self._running(task, "answer").owners.append((entry.at, detail["unit"]))
            self._stop(entry.at, task, "sign_for")
            self._start(entry, "sign_for", detail["limits"]["sign_for"], detail["unit"], detail["cycle"], place)
        elif entry.kind == "suspended":
            self._stop(entry.at, task, "sign_for")
            self._running(task, "answer").pauses.append((entry.at, datetime.fromisoformat(detail["until"])))
        elif entry.kind == "resumed":
            pauses = self._running(task, "answer").pauses
            pauses[-1] = (pauses[-1][0], min(entry.at, pauses[-1][1]))
        elif entry.kind == "extended":
            self._extend(entry, self._running(task, "answer"))
        elif entry.kind == "place_added":
            self.places[task] = (detail["place"], [(entry.at, detail["unit"])])

    def _extend(self, entry: Entry, old: Counted) -> None:
        """A new cycle of the same clock, longer; signing for goes over into it."""
        for clock in [one for one in self.clocks if (one.task, one.kind) == (old.task, "sign_for")][-1:]:
            clock.cycle = entry.detail["cycle"] if clock.cycle == old.cycle else clock.cycle
        self.clocks.append(replace(old, cycle=entry.detail["cycle"], minutes=old.minutes + entry.detail["days"] * 390,
                                   since=entry.at, owners=list(old.owners), holds=[], pauses=list(old.pauses)))  # fmt: skip
        old.stopped = entry.at


WALKER = Walker()


def expected(session: Session, province: Province, sweeps: Sequence[datetime]) -> list[Due]:
    parents = {unit.code: unit.parent_code for unit in (getattr(province, key) for key in UNITS)}
    by_ticket: dict[int, list[Entry]] = defaultdict(list)
    for entry in session.scalars(select(Entry).order_by(Entry.id)):
        by_ticket[entry.ticket_id].append(entry)
    numbers = dict(session.execute(select(Ticket.id, Ticket.number)).all())
    silent = getattr(province, SILENT).code
    return [
        due for key, entries in by_ticket.items() for due in Checker(numbers[key], entries, parents, silent).due(sweeps)
    ]


def happened(session: Session) -> list[Due]:
    rows = session.scalars(
        select(Climb).options(selectinload(Climb.clock).options(selectinload(Clock.ticket), selectinload(Clock.task)))
    )
    return [
        (one.clock.ticket.number, one.clock.task_id, one.clock.cycle, str(one.clock.kind), one.rung, one.unit_code,
         one.climbed_at, one.skipped is not None)
        for one in rows
    ]  # fmt: skip


@pytest.fixture
def year(app: Flask, session: Session, province: Province) -> Year:
    for role in (ContactRole.SUPERVISOR, ContactRole.LEADER):
        contact = session.scalars(select(Contact).where(Contact.email == f"{SILENT}.{role}@ga.example")).one()
        corrections.mark_bounced(session, contact, "550", YEAR)
    session.commit()
    return Year(app, session, province, Random(SEED))


def test_in_a_year_of_random_moves_every_rung_that_was_due_is_climbed_once_and_no_other(
    year: Year, session: Session, province: Province, full_size: bool
) -> None:
    year.run(2_000 if full_size else 70)
    session.expire_all()
    due, done = expected(session, province, year.sweeps), happened(session)
    assert len(done) > len(session.scalars(select(Ticket.id)).all()), "the year was too quiet to prove anything"
    assert Counter(due) - Counter(done) == Counter(), "due and not climbed"
    assert Counter(done) - Counter(due) == Counter(), "climbed and not due"
    assert len(done) == len(set(done))
    states = Counter(session.scalars(select(Task.state)))
    assert states[TaskState.ANSWERED], "some were answered"
    kinds = Counter(session.scalars(select(Entry.kind)))
    rare = ("handed_on", "suspended", "resumed", "extension_asked", "extended", "extension_refused", "place_added")
    assert all(kinds[kind] for kind in rare), kinds
    assert_mailed(session)


def assert_climbs_tell_their_clocks(session: Session) -> None:
    """By what each rung says of its clock a unit's list is read, and the morning's mail."""
    runs_out_at = case((Clock.stopped_at.is_(None), Clock.due_at))
    told = select(Climb.id).join(Clock, Clock.id == Climb.clock_id)
    assert not session.scalars(told.where(Climb.runs_out_at.is_distinct_from(runs_out_at))).all()


def assert_mailed(session: Session) -> None:
    """Whoever was a recipient of a rung has a mail of that sweep about that ticket; nobody else has one."""
    assert not session.scalars(select(DigestLine)).all()
    wanted: set[tuple[str, str]] = set()
    for entry, number in session.execute(select(Entry, Ticket.number).join(Ticket).where(Entry.kind == "climbed")):
        wanted |= {(number, address) for address in (*entry.detail["recipients"], *entry.detail["copies"])}
    told: set[tuple[str, str]] = set()
    for mail in session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(["urge", "escalation", "digest"]))):
        told |= {(item["number"], mail.to_address) for item in (mail.letter or {})["items"]}
    assert wanted == told
    assert set(session.scalars(select(OutboxMail.state))) == {MailState.SENT}
