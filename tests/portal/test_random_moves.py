"""Random moves by random officers on random tickets (a state machine of hypothesis): whatever they do, the laws hold.

The machine knows the laws, not the code: it compares what stood before a move with what stands after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.working_time import WORKING_DAY
from portal.conversation.actions import send_message
from portal.errors import Refused
from portal.ladder.ladder import ClockKind
from portal.procedures.limit import LimitUnit
from portal.tickets.adding import Place, add_place
from portal.tickets.assigning import Assignment, assign
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.extension import Extension, ExtensionState, pending_of
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.lifecycle import (
    OPEN_STATES,
    SETTLED_STATES,
    TASK_MOVES,
    TICKET_MOVES,
    UNDER_WAY,
    WHO,
    Outcome,
    Side,
    TaskMove,
    TaskState,
    TicketState,
)
from portal.tickets.models import Clock, Entry, Party, Task, Ticket
from portal.tickets.moves import Answer, Return, answer, close, resend, return_task, sign_for, withdraw
from portal.tickets.queries import entries_of, load_task, load_ticket, visible_to
from portal.tickets.reopening import Reopening, reopen
from portal.tickets.suspending import Suspension, resume, resume_ended, suspend
from portal.web.actor import Actor
from portal.web.permissions import Role
from tests.conftest import in_utc
from tests.factories import UNITS, Province, actor_at
from tests.portal.world import opened

START = in_utc("2016-01-04 09:00")
PROCEDURES = ("enquiry", "check-and-sign", "duplicate-registration", "recapture")
PLACES = tuple(UNITS)[2:]
STEPS = {(state, to) for (state, _move), to in TASK_MOVES.items()} | {(state, state) for state in TaskState}
TICKET_STEPS = {(state, to) for (state, _move), to in TICKET_MOVES.items()} | {(state, state) for state in TicketState}
MOST_TICKETS = 2

# --- what is tried -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    """What an officer fills into a form, sense or not."""

    unit: str
    days: int
    yes: bool


def on_task(act: Callable[..., object], *given: Callable[["World", Try], object]) -> Callable[..., object]:
    """A move on a task, loaded and locked as a view does."""

    def go(world: "World", actor: Actor, number: str, task_id: int, typed: Try) -> object:
        task = load_task(world.session, actor, number, task_id, lock=True)
        return act(world.session, actor, task, *(each(world, typed) for each in given), world.at)

    return go


def on_ticket(act: Callable[..., object], *given: Callable[["World", Try, int], object]) -> Callable[..., object]:
    """A move on the ticket as a whole."""

    def go(world: "World", actor: Actor, number: str, task_id: int, typed: Try) -> object:
        ticket = load_ticket(world.session, actor, number, lock=True)
        return act(world.session, actor, ticket, *(each(world, typed, task_id) for each in given), world.at)

    return go


def write(world: "World", actor: Actor, number: str, _task_id: int, typed: Try) -> None:
    ticket, to = load_ticket(world.session, actor, number, lock=True), world.code(typed.unit) if typed.yes else ""
    entry = send_message(world.session, actor, ticket, "补充", world.at, to=to)
    world.session.flush()
    if to:
        world.asides[entry.id] = {actor.unit_code or "", to}


DONE, REFUSED = Answer(text="好", explanation="说明"), Answer(Outcome.REFUSED, "查无", ["无此人"], "李 0439-8001111", "说明")

MOVES: Mapping[str, Callable[..., object]] = {
    "sign_for": on_task(sign_for),
    "answer": on_task(answer, lambda _world, _typed: DONE),
    "refuse": on_task(answer, lambda _world, _typed: REFUSED),
    "return": on_task(return_task, lambda _world, _typed: Return("不清", "请补", "李 0439-8001111")),
    "resend": on_task(resend, lambda _world, _typed: "已补"),
    "hand_on": on_task(hand_on, lambda world, typed: HandOn(world.code(typed.unit), "不归我")),
    "suspend": on_task(suspend, lambda world, typed: Suspension("等", (world.at + timedelta(days=typed.days)).date())),
    "resume": on_task(resume),
    "ask": on_task(ask_extension, lambda _world, typed: Asked(typed.days, "调档")),
    "decide": on_task(decide_extension, lambda _world, typed: Decision(granted=typed.days % 3 > 0, reason="已研究")),
    "assign": on_task(assign, lambda _world, _typed: Assignment()),
    "cancel": on_task(cancel, lambda _world, _typed: "不需要"),
    "add_place": on_ticket(
        add_place,
        lambda world, typed, task_id: Place(world.code(typed.unit), world.session.get_one(Task, task_id).step, "也请办"),
    ),
    "write": write,
    "close": on_ticket(close),
    "withdraw": on_ticket(withdraw, lambda _world, _typed, _task_id: "撤回"),
    "reopen": on_ticket(reopen, lambda _world, _typed, task_id: Reopening([task_id], "有误")),
}
WHOSE = {
    "sign_for": TaskMove.SIGN_FOR, "answer": TaskMove.ANSWER, "refuse": TaskMove.ANSWER, "return": TaskMove.RETURN,
    "suspend": TaskMove.SUSPEND, "resume": TaskMove.RESUME, "ask": TaskMove.ASK_EXTENSION, "resend": TaskMove.RESEND,
    "cancel": TaskMove.CANCEL, "assign": TaskMove.ASSIGN,
}  # fmt: skip
"Those that one side alone may make."

HELD = {TaskState.SENT, TaskState.SIGNED_FOR}
FITS: Mapping[str, set[object]] = {
    "sign_for": {TaskState.SENT}, "answer": HELD, "refuse": HELD, "return": HELD, "resend": {TaskState.RETURNED},
    "hand_on": HELD, "suspend": HELD, "resume": {TaskState.SUSPENDED}, "ask": HELD, "decide": HELD, "assign": HELD,
    "cancel": set(OPEN_STATES), "add_place": {TicketState.OPEN}, "write": {TicketState.OPEN},
    "close": {TicketState.RESOLVED}, "withdraw": {TicketState.OPEN}, "reopen": {TicketState.RESOLVED, TicketState.CLOSED},
}  # fmt: skip
"In which states of the task or the ticket somebody who knows the work tries it."
OPENERS = {"resend", "cancel", "add_place", "close", "withdraw", "reopen"}

CHANGES: Mapping[str, set[str]] = {
    "sign_for": {"stopped"},
    "answer": {"stopped", "begun"},
    "refuse": {"stopped", "begun"},
    "return": {"stopped", "begun"},
    "resend": {"stopped", "begun"},
    "hand_on": {"stopped", "begun", "unit"},
    "suspend": {"stopped", "later"},
    "resume": {"earlier"},
    "decide": {"stopped", "begun", "cycle"},
    "cancel": {"stopped", "begun"},
    "add_place": {"begun"},
    "withdraw": {"stopped"},
    "reopen": {"begun"},
}
"What a move may do to the clocks of its ticket; every other move does nothing to them."

# --- what stands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskFacts:
    state: TaskState
    unit: str
    step: str
    until: datetime | None
    "while it is suspended"


@dataclass(frozen=True)
class ClockFacts:
    task: int | None
    kind: ClockKind
    cycle: int
    unit: str
    hours: str
    started: datetime
    limit: tuple[int, LimitUnit]
    due: datetime
    stopped: datetime | None


@dataclass(frozen=True)
class Standing:
    """Everything that a move can change, read from the tables."""

    state: TicketState
    resolved_at: datetime | None
    tasks: Mapping[int, TaskFacts]
    clocks: Mapping[int, ClockFacts]
    entries: tuple[tuple[int, str, int | None], ...]


def standing(session: Session, ticket_id: int) -> Standing:
    state, resolved_at = session.execute(select(Ticket.state, Ticket.resolved_at).where(Ticket.id == ticket_id)).one()
    of_task = Task.id, Task.state, Task.unit_code, Task.step, Task.suspended_until
    tasks = session.execute(select(*of_task).where(Task.ticket_id == ticket_id))
    columns = (Clock.id, Clock.task_id, Clock.kind, Clock.cycle, Clock.unit_code, Clock.hours_code, Clock.started_at,
               Clock.limit_amount, Clock.limit_unit, Clock.due_at, Clock.stopped_at)  # fmt: skip
    clocks = session.execute(select(*columns).where(Clock.ticket_id == ticket_id))
    entries = session.execute(select(Entry.id, Entry.kind, Entry.task_id).where(Entry.ticket_id == ticket_id))
    return Standing(
        state,
        resolved_at,
        {key: TaskFacts(*facts) for key, *facts in tasks},
        {key: ClockFacts(*first, (amount, unit), due, stopped) for key, *first, amount, unit, due, stopped in clocks},
        tuple(sorted((key, kind, task) for key, kind, task in entries)),
    )


def changes(before: ClockFacts | None, after: ClockFacts) -> set[str]:
    """The names of what happened to a clock."""
    if before is None:
        return {"begun"}
    names = {
        "stopped": before.stopped != after.stopped,
        "later": before.due < after.due,
        "earlier": before.due > after.due,
        "unit": before.unit != after.unit,
        "cycle": before.cycle != after.cycle,
        "other": (before.task, before.kind, before.started, before.limit) != (after.task, after.kind, after.started, after.limit),
    }
    return {name for name, happened in names.items() if happened}


# --- the machine -------------------------------------------------------------------------------------------------------


@dataclass
class World:
    session: Session
    province: Province
    at: datetime = START
    seen_by: dict[int, set[str]] = field(default_factory=dict)
    "of each ticket the units that have ever had a part in it"
    asides: dict[int, set[str]] = field(default_factory=dict)
    "between which units something was written, by the id of the entry"

    def code(self, key: str) -> str:
        return str(getattr(self.province, key).code)


class Officers(RuleBasedStateMachine):
    """Some tickets, and officers who try whatever comes into their heads."""

    tickets: Bundle[str] = Bundle("tickets")

    def __init__(self, session: Session, province: Province, made: set[str]) -> None:
        super().__init__()
        self.world, self.session, self.made, self.rounds = World(session, province), session, made, 0
        self.ids: dict[str, int] = {}
        self.parents = dict(_parents(province))
        session.execute(update(Clock).where(Clock.stopped_at.is_(None)).values(stopped_at=START))
        session.execute(update(Task).where(Task.suspended_until.is_not(None)).values(suspended_until=None))
        session.commit()

    @initialize(target=tickets, procedures=st.permutations(PROCEDURES), units=st.permutations(PLACES))
    def begin(self, procedures: list[str], units: list[str]) -> MultipleResults[str]:
        return multiple(*(self._open(procedure, units) for procedure in procedures[:MOST_TICKETS]))

    @rule(minutes=st.integers(1, 2_000))
    def time_passes(self, minutes: int) -> None:
        """What was suspended until now goes on by itself; no clock is changed by it."""
        self.world.at += timedelta(minutes=minutes)
        before = {number: standing(self.session, key) for number, key in self.ids.items()}
        resume_ended(self.session, self.world.at)
        self.session.commit()
        for number, key in self.ids.items():
            after = standing(self.session, key)
            assert after.clocks == before[number].clocks
            self._check_entries(before[number], after)

    @rule(
        number=tickets,
        task=st.integers(0, 5),
        which=st.integers(0, 999),
        typed=st.builds(Try, st.sampled_from(tuple(UNITS)), st.integers(0, 8), st.booleans()),
    )
    def attempt(self, number: str, task: int, which: int, typed: Try) -> None:
        """Somebody tries something, mostly who might and what might be; where it is refused, nothing has happened."""
        world, key = self.world, self.ids[number]
        world.at += timedelta(minutes=7)
        before = standing(self.session, key)
        live = [each for each, facts in before.tasks.items() if facts.state in OPEN_STATES]
        live = live or [each for each, facts in before.tasks.items() if facts.state is TaskState.ANSWERED]
        chosen = sorted(live or before.tasks)[task % len(live or before.tasks)]
        move, actor = self._tried(chosen, before, which, typed)
        event(move)
        try:
            MOVES[move](world, actor, number, chosen, typed)
            self.session.commit()
        except Refused:
            self.session.rollback()
            assert standing(self.session, key) == before, "a refusal that left a trace"
            return
        self.session.expire_all()
        self.made.add(move)
        after = standing(self.session, key)
        self._check_who(move, actor, before.tasks[chosen], key)
        self._check_steps(before, after)
        self._check_entries(before, after)
        self._check_clocks(move, chosen, before, after)
        world.seen_by[key] |= {facts.unit for facts in after.tasks.values()}

    def _open(self, procedure: str, units: list[str]) -> str:
        opener, registry, former = (getattr(self.world.province, name) for name in units[:3])
        places = [("former registry", former.code)] if procedure == "duplicate-registration" else []
        ticket = opened(self.session, opener, registry, self.world.at, procedure=procedure, places=places)
        self.ids[ticket.number] = ticket.id
        self.world.seen_by[ticket.id] = {opener.code, *(task.unit_code for task in ticket.tasks)}
        return ticket.number

    def _tried(self, task_id: int, now: Standing, which: int, typed: Try) -> tuple[str, Actor]:
        """Which move, by whom; every fourth time anything by anybody, and seldom the end of it all."""
        task = self.session.get_one(Task, task_id)
        fitting = [move for move, states in FITS.items() if {task.state, now.state} & states]
        fitting = [move for move in fitting if move not in {"withdraw", "decide"} or (move == "withdraw" and not typed.days)]
        fitting += ["decide"] * 16 if pending_of(self.session, task) else []
        fitting += {TaskState.SUSPENDED: ["resume"] * 4, TaskState.RETURNED: ["resend"] * 6}.get(task.state, [])
        if which % 4 == 0 or not fitting:
            roles = [Role.OFFICER, Role.SUPERVISOR] if typed.yes else [Role.OFFICER]
            return sorted(MOVES)[which % len(MOVES)], actor_at(getattr(self.world.province, typed.unit), roles)
        move = fitting[which % len(fitting)]
        if move == "decide":
            return move, actor_at(task.unit.parent or task.unit, [Role.OFFICER, Role.SUPERVISOR])
        return move, actor_at(task.ticket.opener if move in OPENERS else task.unit)

    # --- the laws of a move ---

    def _check_who(self, move: str, actor: Actor, task: TaskFacts, key: int) -> None:
        opener = self.session.get_one(Ticket, key).opener_code
        sides = {Side.OWING_UNIT: task.unit, Side.OPENER: opener}
        allowed = {sides[side] for side in WHO[WHOSE[move]] if side in sides} if move in WHOSE else None
        assert allowed is None or actor.unit_code in allowed, "a move by somebody who may not make it"
        assert move not in {"close", "withdraw", "reopen", "add_place"} or actor.unit_code == opener

    def _check_steps(self, before: Standing, after: Standing) -> None:
        assert (before.state, after.state) in TICKET_STEPS, "a step of the ticket that is none"
        for key, facts in before.tasks.items():
            assert (facts.state, after.tasks[key].state) in STEPS, "a step that is none"
        for key in set(after.tasks) - set(before.tasks):
            assert after.tasks[key].state in {TaskState.WAITING, TaskState.SENT}
        resolved = (before.state, after.state) == (TicketState.OPEN, TicketState.RESOLVED)
        told = sum(kind == "resolved" for _key, kind, _task in after.entries[len(before.entries) :])
        assert told == resolved, "it is told once that it resolves, when it does"
        assert after.resolved_at == (self.world.at if resolved else after.resolved_at)

    def _check_entries(self, before: Standing, after: Standing) -> None:
        assert after.entries[: len(before.entries)] == before.entries, "a history that was changed"
        told = {task for _key, _kind, task in after.entries[len(before.entries) :]}
        changed = {key for key, facts in after.tasks.items() if before.tasks.get(key) != facts}
        assert changed <= told, "a change without its entry"
        assert before == after or len(after.entries) > len(before.entries), "a change that nobody is told of"

    def _check_clocks(self, move: str, chosen: int, before: Standing, after: Standing) -> None:
        for key, clock in after.clocks.items():
            was = before.clocks.get(key)
            happened = changes(was, clock)
            assert happened <= CHANGES.get(move, set()), f"{move} did {happened} to a clock"
            assert was is None or was.stopped is None or happened <= {"cycle"}, "a clock that had stopped was changed"
            assert "stopped" not in happened or clock.stopped == self.world.at
            assert not happened & {"later", "earlier", "unit", "cycle"} or clock.task == chosen, "another task's clock"
            if "begun" in happened:
                self._check_begun(move, clock, chosen, before)
        if move in {"suspend", "resume"}:
            self._check_left(chosen, before, after)

    def _check_begun(self, move: str, clock: ClockFacts, chosen: int, before: Standing) -> None:
        """It ends when its limit says; what was granted is added to the end that it had."""
        calendar, (amount, unit) = calendar_of(self.session, clock.hours), clock.limit
        if move == "decide":
            (old,) = (each for each in before.clocks.values() if each.task == chosen and each.kind is ClockKind.ANSWER
                      and each.stopped is None)  # fmt: skip
            assert clock.due > old.due, "a grant that grants nothing"
            assert calendar.elapsed(old.due, clock.due) % WORKING_DAY == 0
            assert clock.started == old.started
            return
        assert clock.started == self.world.at
        minutes = {LimitUnit.WORKING_DAY: WORKING_DAY, LimitUnit.WORKING_MINUTE: 1}.get(unit)
        assert minutes is None or clock.due == calendar.add(clock.started, amount * minutes)

    def _check_left(self, chosen: int, before: Standing, after: Standing) -> None:
        """Suspended or resumed: as much working time is left, once it runs, as there was."""
        left = []
        for stood in (before, after):
            (clock,) = (each for each in stood.clocks.values() if each.task == chosen and each.kind is ClockKind.ANSWER
                        and each.stopped is None)  # fmt: skip
            runs_from = max(stood.tasks[chosen].until or self.world.at, self.world.at)
            left.append(calendar_of(self.session, clock.hours).elapsed(runs_from, clock.due))
        assert left[0] == left[1], "time was lost or won by standing still"

    # --- the laws of what stands ---

    @invariant()
    def the_states_and_the_clocks_agree(self) -> None:
        for key in self.ids.values():
            now = standing(self.session, key)
            settled = all(facts.state in SETTLED_STATES for facts in now.tasks.values())
            assert settled == (now.state is not TicketState.OPEN), "it resolves exactly with its last task"
            running = {(clock.task, clock.kind) for clock in now.clocks.values() if clock.stopped is None}
            assert len(running) == sum(clock.stopped is None for clock in now.clocks.values()), "one clock of a kind runs"
            for task, facts in now.tasks.items():
                assert ((task, ClockKind.ANSWER) in running) == (facts.state in OPEN_STATES)
                assert ((task, ClockKind.SIGN_FOR) in running) == (facts.state is TaskState.SENT)
            opener = self.session.get_one(Ticket, key).opener_code
            for clock in now.clocks.values():
                if clock.stopped is None and clock.task is not None:
                    owed = now.tasks[clock.task]
                    assert clock.unit == (opener if owed.state is TaskState.RETURNED else owed.unit), "who owes"

    @invariant()
    def who_takes_part_is_told_of_the_end_too(self) -> None:
        own = select(Party.closed_at, Ticket.closed_at, Ticket.state).join(Ticket, Ticket.id == Party.ticket_id)
        for told, closed, state in self.session.execute(own.where(Ticket.id.in_(self.ids.values()))):
            assert told == closed
            assert (closed is None) == (state in UNDER_WAY)

    @invariant()
    def a_request_has_its_object(self) -> None:
        asked = select(Task.state, Task.suspended_until).join(Extension, Extension.task_id == Task.id)
        waiting = asked.where(Extension.state == ExtensionState.PENDING, Task.ticket_id.in_(self.ids.values()))
        assert {state for state, _until in self.session.execute(waiting)} <= {TaskState.SENT, TaskState.SIGNED_FOR}
        tasks = self.session.execute(select(Task.state, Task.suspended_until).where(Task.ticket_id.in_(self.ids.values())))
        assert all((until is not None) == (state is TaskState.SUSPENDED) for state, until in tasks)

    @invariant()
    def nothing_is_visible_to_a_unit_that_is_not_on_it(self) -> None:
        """One unit after the other, an officer and a supervisor of each."""
        self.rounds += 1
        unit = getattr(self.world.province, tuple(UNITS)[self.rounds % len(UNITS)])
        for roles in ([Role.OFFICER], [Role.OFFICER, Role.SUPERVISOR]):
            self._check_sees(actor_at(unit, roles))

    def _check_sees(self, actor: Actor) -> None:
        ours = visible_to(actor).where(Ticket.id.in_(self.ids.values()))
        seen = {ticket.id: ticket for ticket in self.session.scalars(ours)}
        assert set(seen) == {key for key, units in self.world.seen_by.items() if self._answers_for(actor, units)}
        for key, ticket in seen.items():
            read = set(self.session.scalars(entries_of(actor, ticket).with_only_columns(Entry.id)))
            every = {entry for entry, _kind, _task in standing(self.session, key).entries}
            secret = {entry for entry in every & set(self.world.asides) if not self._answers_for(actor, self.world.asides[entry])}
            assert read == every - secret, "who reads what"

    def _answers_for(self, actor: Actor, units: set[str]) -> bool:
        """The own unit; of a supervisor those below as well, by the chain as the province is drawn."""
        return any(actor.unit_code in (self._above(unit) if Role.SUPERVISOR in actor.roles else {unit}) for unit in units)

    def _above(self, unit: str | None) -> set[str]:
        return {unit, *self._above(self.parents[unit])} if unit else set()


def _parents(province: Province) -> list[tuple[str, str | None]]:
    return [(code, getattr(province, above).code if above else None) for code, _kind, above, *_names in UNITS.values()]


def test_whatever_officers_try_the_laws_of_a_ticket_hold(
    app: Flask, session: Session, province: Province, database: str, full_size: bool
) -> None:
    assert app
    made: set[str] = set()
    examples, steps = (250, 60) if full_size else (16 if database == "sqlite" else 5, 30)
    phases = tuple(Phase) if full_size else (Phase.generate,)  # to make a failure shorter takes minutes
    run_state_machine_as_test(
        lambda: Officers(session, province, made),
        settings=settings(max_examples=examples, stateful_step_count=steps, phases=phases,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert made >= set(CHANGES) - {"withdraw"}, "what nobody was let do is not proved"
