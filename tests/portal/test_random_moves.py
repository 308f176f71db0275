"""Random moves by random officers on random tickets (a stateful property): whatever they do, the laws of a ticket hold."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import Hidden, Refused
from portal.ladder.ladder import ClockKind
from portal.tickets.adding import Place, add_place
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.extension import Extension, ExtensionState
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.lifecycle import OPEN_STATES, SETTLED_STATES, TASK_MOVES, Outcome, TaskState, TicketState
from portal.tickets.models import Clock, Entry, Party, Task, Ticket
from portal.tickets.moves import Answer, Return, answer, close, resend, return_task, sign_for, withdraw
from portal.tickets.queries import load_task, load_ticket
from portal.tickets.reopening import Reopening, reopen
from portal.tickets.suspending import Suspension, resume, resume_ended, suspend
from portal.web.permissions import Role
from tests.conftest import in_utc
from tests.factories import UNITS, Province, actor_at
from tests.portal.world import opened

START = in_utc("2016-01-04 09:00")
STEPS = {(state, to) for (state, _move), to in TASK_MOVES.items()} | {(state, state) for state in TaskState}
PROCEDURES = ("enquiry", "check-and-sign", "duplicate-registration", "recapture")


class World:
    """Some tickets, and officers who try whatever comes into their heads."""

    def __init__(self, session: Session, province: Province, seed: int) -> None:
        self.session, self.province, self.random, self.at = session, province, Random(seed), START
        self.units = [getattr(province, key) for key in UNITS]
        self.made = 0

    def open(self) -> None:
        opener, registry, former = self.random.sample(self.units[2:], 3)
        procedure = self.random.choice(PROCEDURES)
        places = [("former registry", former.code)] if procedure == "duplicate-registration" else []
        opened(self.session, opener, registry, self.at, procedure=procedure, places=places)

    def step(self) -> None:
        """Some time passes, somebody tries something; whether it was allowed or refused, the laws hold."""
        self.at += timedelta(minutes=self.random.randint(1, 300))
        resume_ended(self.session, self.at)
        self.session.commit()
        every = self.session.execute(select(Ticket.number, Task.id).join(Task).order_by(Task.id)).all()
        number, task_id = self.random.choice(every)
        before = self._states()
        counted = self.session.scalar(select(func.count(Entry.id))) or 0
        try:
            self.random.choice(self._tries(number, task_id))()
            self.session.commit()
            self.made += 1
        except Refused:
            self.session.rollback()
        self.session.expire_all()
        self._check(before, counted)

    def _tries(self, number: str, task_id: int) -> list[Callable[[], object]]:
        session, at, pick = self.session, self.at, self.random.choice
        unit = session.get_one(Task, task_id).unit
        mostly = [unit, unit, unit.parent or unit, session.get_one(Task, task_id).ticket.opener, pick(self.units)]
        who = actor_at(pick(mostly), [Role.OFFICER, Role.SUPERVISOR] if self.random.random() < 0.4 else [Role.OFFICER])
        other, day = pick(self.units).code, (at + timedelta(days=self.random.randint(0, 8))).date()

        def on(act: Callable[..., object], *given: object) -> Callable[[], object]:
            return lambda: act(session, who, load_task(session, who, number, task_id, lock=True), *given, at)

        def whole(act: Callable[..., object], *given: object) -> Callable[[], object]:
            return lambda: act(session, who, load_ticket(session, who, number, lock=True), *given, at)

        refusal = Answer(Outcome.REFUSED, "查无此人", ["无此人"], "李 0439-8001111", "说明")
        return [
            on(sign_for), on(answer, Answer(text="好", explanation="说明")), on(answer, Answer(text="好", explanation="说明")),
            on(answer, refusal), on(return_task, Return("不清", "请补", "李 0439-8001111")), on(resend, "已补"),
            on(resend, "已补"), on(hand_on, HandOn(other, "不归我")), on(suspend, Suspension("等", day)), on(resume),
            on(ask_extension, Asked(self.random.randint(0, 4), "调档")),
            on(decide_extension, Decision(granted=self.random.random() < 0.6, reason="已研究")), on(cancel, "不需要"),
            whole(add_place, Place(other, session.get_one(Task, task_id).step, "也请办")), whole(close),
            whole(withdraw, "撤回") if self.random.random() < 0.3 else whole(close),
            whole(reopen, Reopening([task_id], "有误")),
        ]  # fmt: skip

    def _states(self) -> dict[int, TaskState]:
        return dict(self.session.execute(select(Task.id, Task.state)).all())

    def _check(self, before: dict[int, TaskState], counted: int) -> None:
        after = self._states()
        changed = {key for key in before if before[key] is not after[key]}
        assert all((before[key], after[key]) in STEPS for key in changed), "a step that is none"
        entries = self.session.scalars(select(Entry).order_by(Entry.id).offset(counted)).all()
        assert changed <= {entry.task_id for entry in entries}, "a change without its entry"
        for ticket in self.session.scalars(select(Ticket)):
            self._check_ticket(ticket)

    def _check_ticket(self, ticket: Ticket) -> None:
        states = [task.state for task in ticket.tasks]
        settled = all(state in SETTLED_STATES for state in states)
        assert settled == (ticket.state is not TicketState.OPEN), "it resolves exactly when the last task is answered"
        running = {(clock.task_id, clock.kind) for clock in ticket.clocks if clock.stopped_at is None}
        for task in ticket.tasks:
            assert ((task.id, ClockKind.ANSWER) in running) == (task.state in OPEN_STATES)
            assert ((task.id, ClockKind.SIGN_FOR) in running) == (task.state is TaskState.SENT)
            assert (task.suspended_until is not None) == (task.state is TaskState.SUSPENDED)
        asked = select(Extension.task_id).where(Extension.state == ExtensionState.PENDING)
        open_tasks = {task.id for task in ticket.tasks if task.state in {TaskState.SENT, TaskState.SIGNED_FOR}}
        of_ticket = {task.id for task in ticket.tasks}
        assert set(self.session.scalars(asked)) & of_ticket <= open_tasks, "a request without its object"
        self._check_who_sees(ticket)

    def _check_who_sees(self, ticket: Ticket) -> None:
        parties = set(self.session.scalars(select(Party.unit_code).where(Party.ticket_id == ticket.id)))
        assert {ticket.opener_code, *(task.unit_code for task in ticket.tasks)} <= parties
        stranger = self.random.choice([unit for unit in self.units if unit.code not in parties])
        with pytest.raises(Hidden):
            load_ticket(self.session, actor_at(stranger), ticket.number)


@pytest.mark.parametrize("seed", [20_160_104, 7])
def test_whatever_officers_try_the_laws_of_a_ticket_hold(
    app: Flask, session: Session, province: Province, seed: int, database: str, full_size: bool
) -> None:
    assert app
    world = World(session, province, seed)
    for _ in range(6):
        world.open()
    for _ in range(3_000 if full_size else 120 if database == "sqlite" else 80):
        world.step()
    assert world.made > 8, "too little was allowed to prove anything"
    wrong = session.scalars(select(Clock).where(Clock.due_at < Clock.started_at)).all()
    assert not wrong
