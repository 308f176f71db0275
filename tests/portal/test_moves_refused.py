"""Every pair of state and move that the table does not hold is refused: by the action, on the page, through the interface."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.errors import Conflict
from portal.tickets.assigning import Assignment, assign
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.lifecycle import TASK_MOVES, TaskMove, TaskState
from portal.tickets.models import Task, Ticket
from portal.tickets.moves import Answer, Return, answer, resend, return_task, sign_for, withdraw
from portal.tickets.queries import decider_of, load_ticket
from portal.tickets.suspending import Suspension, resume, suspend
from portal.web.actor import Actor
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.test_api import systems  # noqa: F401  a fixture
from tests.portal.world import opened, task_of

BACK = Return("材料不清", "请补", "李内勤 0439-8001111")
GIVEN: dict[TaskMove, tuple[Callable[..., object], tuple[object, ...]]] = {
    TaskMove.SIGN_FOR: (sign_for, ()),
    TaskMove.ANSWER: (answer, (Answer(text="已核对"),)),
    TaskMove.RETURN: (return_task, (BACK,)),
    TaskMove.RESEND: (resend, ("已补",)),
    TaskMove.HAND_ON: (hand_on, (HandOn("220621000000", "不归我处"),)),
    TaskMove.SUSPEND: (suspend, (Suspension("等补材料", date(2016, 1, 6)),)),
    TaskMove.RESUME: (resume, ()),
    TaskMove.ASK_EXTENSION: (ask_extension, (Asked(2, "调档"),)),
    TaskMove.EXTEND: (decide_extension, (Decision(granted=True),)),
    TaskMove.ASSIGN: (assign, (Assignment(),)),
    TaskMove.CANCEL: (cancel, ("不需要了",)),
}
"The moves that officers make on a task, each with what is asked of it."

PAGES: dict[TaskMove, tuple[str, dict[str, str]]] = {
    TaskMove.SIGN_FOR: ("sign-for", {}),
    TaskMove.ANSWER: ("answers", {"outcome": "done", "text": "已核对"}),
    TaskMove.RETURN: ("returns", {"ground": "材料不清", "contact": "李 0439-8001111"}),
    TaskMove.RESEND: ("resends", {"text": "已补"}),
    TaskMove.HAND_ON: ("handings-on", {"unit-code": "220621000000", "reason": "不归我处"}),
    TaskMove.SUSPEND: ("suspensions", {"until": "2016-01-06", "reason": "等补材料"}),
    TaskMove.RESUME: ("resumptions", {}),
    TaskMove.ASK_EXTENSION: ("extensions", {"days": "2", "reason": "调档"}),
    TaskMove.EXTEND: ("extension-decisions", {"decision": "granted"}),
    TaskMove.ASSIGN: ("assignments", {"to": ""}),
    TaskMove.CANCEL: ("cancellations", {"reason": "不需要了"}),
}
DOORS: dict[TaskMove, tuple[str, dict[str, object]]] = {
    TaskMove.SIGN_FOR: ("sign-for", {}),
    TaskMove.ANSWER: ("answer", {"text": "已核对"}),
    TaskMove.RETURN: ("return", {"ground": "材料不清", "contact": "李 0439-8001111"}),
    TaskMove.RESEND: ("resend", {"text": "已补"}),
    TaskMove.HAND_ON: ("hand-on", {"unit": "220621000000", "reason": "不归我处"}),
    TaskMove.SUSPEND: ("suspend", {"until": "2016-01-06", "reason": "等补材料"}),
    TaskMove.RESUME: ("resume", {}),
    TaskMove.ASK_EXTENSION: ("extend", {"days": 2, "reason": "调档"}),
    TaskMove.EXTEND: ("decide-extension", {"granted": True}),
    TaskMove.ASSIGN: ("assign", {}),
    TaskMove.CANCEL: ("cancel", {"reason": "不需要了"}),
}
WAYS: dict[TaskState, tuple[TaskMove, ...]] = {
    TaskState.SENT: (),
    TaskState.SIGNED_FOR: (TaskMove.SIGN_FOR,),
    TaskState.ANSWERED: (TaskMove.ANSWER,),
    TaskState.RETURNED: (TaskMove.RETURN,),
    TaskState.SUSPENDED: (TaskMove.SUSPEND,),
}


def refused_moves(state: TaskState) -> list[TaskMove]:
    return [move for move in GIVEN if (state, move) not in TASK_MOVES]


def who(province: Province, task: Task, move: TaskMove) -> Actor:
    """Somebody on the side that makes the move, so that it is the state alone that refuses it."""
    if move in {TaskMove.RESEND, TaskMove.CANCEL}:
        return actor_at(province.changyi)
    if move is TaskMove.EXTEND:
        return Actor(decider_of(task), "王支队", frozenset({Role.OFFICER, Role.SUPERVISOR}))
    return actor_at(task.unit)


def in_state(session: Session, province: Province, state: TaskState, clock: Clock) -> tuple[Ticket, int]:
    """A ticket with a task in a state, brought there as officers do; and the task's id."""
    procedure = "check-and-sign" if state is TaskState.WAITING else "enquiry"
    ticket = opened(session, province.changyi, province.linjiang, clock.now, procedure=procedure)
    opener = actor_at(province.changyi)
    if state is TaskState.CANCELLED:
        withdraw(session, opener, load_ticket(session, opener, ticket.number, lock=True), "不需要了", clock.now)
    for move in WAYS.get(state, ()):
        act, given = GIVEN[move]
        act(session, actor_at(province.linjiang), task_of(session, opener, ticket), *given, clock.now)
    session.commit()
    task = next(task for task in ticket.tasks if task.state is state)
    return ticket, task.id


@pytest.mark.parametrize("state", list(TaskState))
def test_no_action_makes_a_move_that_the_state_does_not_allow(
    session: Session, province: Province, clock: Clock, state: TaskState
) -> None:
    ticket, task_id = in_state(session, province, state, clock)
    for move in refused_moves(state):
        task = next(one for one in task_of(session, actor_at(province.changyi), ticket).ticket.tasks if one.id == task_id)
        act, given = GIVEN[move]
        with pytest.raises(Conflict):
            act(session, who(province, task, move), task, *given, clock.now)
        session.rollback()
        assert task.state is state


@pytest.mark.parametrize("state", list(TaskState))
def test_no_page_makes_it(
    client: Client, session: Session, province: Province, clock: Clock, state: TaskState
) -> None:
    ticket, task_id = in_state(session, province, state, clock)
    task = session.get_one(Task, task_id)
    officers = {
        unit.code: make_officer(session, unit, f"one-{number}", Role.OFFICER, Role.SUPERVISOR)
        for number, unit in enumerate((province.changyi, province.linjiang, province.corps, province.baishan))
    }
    page = f"/tickets/{ticket.number}"
    for move in refused_moves(state):
        noun, data = PAGES[move]
        sign_in(client, officers[str(who(province, task, move).unit_code)])
        answered = client.submit(f"{page}/tasks/{task_id}/{noun}", data, page=page)
        assert answered.status_code == 409, (move, answered.status_code)
        session.expire_all()
        assert task.state is state


@pytest.mark.parametrize("state", list(TaskState))
def test_no_other_system_makes_it(
    systems: Any, session: Session, province: Province, clock: Clock, state: TaskState  # noqa: F811
) -> None:
    ticket, task_id = in_state(session, province, state, clock)
    task = session.get_one(Task, task_id)
    names = ("changyi", "linjiang", "baishan", "corps")
    callers = {getattr(province, name).code: systems(name) for name in names}
    for move in refused_moves(state):
        verb, body = DOORS[move]
        caller = callers[str(who(province, task, move).unit_code)]
        assert caller.post(f"/tickets/{ticket.number}/tasks/{task_id}/{verb}", body).status_code == 409, move
        session.expire_all()
        assert task.state is state
