"""The life-cycle of tickets and tasks: every move, every pair that is none, and the order of the steps."""

from dataclasses import dataclass
from itertools import product

import pytest

from portal.tickets.lifecycle import (
    OPEN_STATES,
    SETTLED_STATES,
    TASK_MOVES,
    TICKET_MOVES,
    WHO,
    WHO_TICKET,
    MoveNotAllowed,
    Outcome,
    Side,
    TaskMove,
    TaskState,
    TicketMove,
    TicketState,
    cancelled_with,
    finished,
    followers,
    move_task,
    move_ticket,
    ready,
    steps_behind,
)


@dataclass(frozen=True)
class Task:
    step: str
    state: TaskState = TaskState.WAITING
    after: tuple[str, ...] = ()
    outcome: Outcome | None = None


def done(step: str, *after: str) -> Task:
    return Task(step, TaskState.ANSWERED, after, Outcome.DONE)


def refused(step: str, *after: str) -> Task:
    return Task(step, TaskState.ANSWERED, after, Outcome.REFUSED)


@pytest.mark.parametrize(("state", "move"), sorted(TASK_MOVES))
def test_a_task_moves_as_the_table_says(state: TaskState, move: TaskMove) -> None:
    assert move_task(state, move) is TASK_MOVES[state, move]


@pytest.mark.parametrize(("state", "move"), sorted(set(product(TaskState, TaskMove)) - set(TASK_MOVES)))
def test_a_task_makes_no_move_that_is_not_in_the_table(state: TaskState, move: TaskMove) -> None:
    with pytest.raises(MoveNotAllowed) as refusal:
        move_task(state, move)
    assert (refusal.value.state, refusal.value.move) == (state, move)


@pytest.mark.parametrize(("state", "move"), sorted(TICKET_MOVES))
def test_a_ticket_moves_as_the_table_says(state: TicketState, move: TicketMove) -> None:
    assert move_ticket(state, move) is TICKET_MOVES[state, move]


@pytest.mark.parametrize(("state", "move"), sorted(set(product(TicketState, TicketMove)) - set(TICKET_MOVES)))
def test_a_ticket_makes_no_move_that_is_not_in_the_table(state: TicketState, move: TicketMove) -> None:
    with pytest.raises(MoveNotAllowed):
        move_ticket(state, move)


def test_the_tables_are_those_of_the_design() -> None:
    tasks = {(str(state), str(move), str(to)) for (state, move), to in TASK_MOVES.items()}
    working = {"sent", "signed_for"}
    assert tasks == {
        ("waiting", "send", "sent"),
        ("sent", "sign_for", "signed_for"),
        *((state, "answer", "answered") for state in working),
        *((state, "return", "returned") for state in working),
        ("returned", "resend", "sent"),
        *((state, "hand_on", "sent") for state in working),
        *((state, "suspend", "suspended") for state in working),
        ("suspended", "resume", "signed_for"),
        *((state, "extend", state) for state in working),
        *((state, "ask_extension", state) for state in working),
        *((state, "assign", state) for state in working | {"suspended"}),
        *((state, "cancel", "cancelled") for state in working | {"waiting", "returned", "suspended"}),
        ("answered", "reopen", "sent"),
        *((state, "wait", "waiting") for state in ("answered", "cancelled")),
    }
    tickets = {(str(state), str(move), str(to)) for (state, move), to in TICKET_MOVES.items()}
    assert tickets == {
        ("open", "resolve", "resolved"),
        ("resolved", "close", "closed"),
        ("resolved", "reopen", "open"),
        ("closed", "reopen", "open"),
        ("open", "withdraw", "withdrawn"),
        ("open", "add_place", "open"),
    }


def test_every_move_has_a_side_that_may_make_it() -> None:
    assert set(WHO) == set(TaskMove)
    assert set(WHO_TICKET) == set(TicketMove)


def test_the_unit_that_owes_never_grants_its_own_extension_nor_cancels_its_task() -> None:
    assert WHO[TaskMove.EXTEND] == {Side.ONE_LEVEL_UP}
    assert WHO[TaskMove.CANCEL] == {Side.OPENER}


def test_handing_on_is_for_the_unit_that_owes_and_for_a_supervisor_above_it() -> None:
    assert WHO[TaskMove.HAND_ON] == {Side.OWING_UNIT, Side.ABOVE}


def test_a_task_is_waiting_or_open_or_settled() -> None:
    assert {TaskState.WAITING} | OPEN_STATES | SETTLED_STATES == set(TaskState)
    assert not OPEN_STATES & SETTLED_STATES
    assert all(move_task(state, TaskMove.CANCEL) is TaskState.CANCELLED for state in OPEN_STATES)


def test_a_step_before_which_there_is_none_is_ready_at_once() -> None:
    check, make = Task("check and sign"), Task("make", after=("check and sign",))
    assert ready([check, make]) == [check]


def test_the_next_step_is_ready_when_the_one_before_it_is_done() -> None:
    make, hand_over = Task("make", after=("check and sign",)), Task("hand over", after=("make",))
    assert ready([done("check and sign"), make, hand_over]) == [make]


@pytest.mark.parametrize("state", sorted(OPEN_STATES | {TaskState.WAITING, TaskState.CANCELLED}))
def test_a_step_waits_while_the_one_before_it_is_not_answered(state: TaskState) -> None:
    make = Task("make", after=("check and sign",))
    assert make not in ready([Task("check and sign", state, outcome=Outcome.DONE), make])


def test_a_step_waits_for_every_task_of_the_name_before_it() -> None:
    rule = Task("rule", after=("verify own record",))
    still_out = Task("verify own record", TaskState.SENT)
    assert ready([done("verify own record"), still_out, rule]) == []
    assert ready([done("verify own record"), done("verify own record"), rule]) == [rule]


def test_a_step_waits_for_every_step_that_it_comes_after() -> None:
    both = Task("rule", after=("verify", "identify"))
    assert ready([done("verify"), Task("identify", TaskState.SENT), both]) == []
    assert ready([done("verify"), done("identify"), both]) == [both]


def test_a_cancelled_task_holds_nobody_up_where_another_of_its_step_is_done() -> None:
    rule = Task("rule", after=("verify own record",))
    cancelled = Task("verify own record", TaskState.CANCELLED)
    assert ready([done("verify own record"), cancelled, rule]) == [rule]


def test_nothing_follows_a_refusal() -> None:
    make = Task("make", after=("check and sign",))
    assert ready([refused("check and sign"), make]) == []


def test_a_step_that_the_ticket_does_not_have_holds_nobody_up() -> None:
    rule = Task("rule", after=("verify own record",))
    assert ready([rule]) == [rule]


def test_what_follows_a_refused_step_directly_or_over_others_is_found() -> None:
    make, hand_over = Task("make", after=("check and sign",)), Task("hand over", after=("make",))
    apart = Task("tell the applicant")
    tasks = [hand_over, refused("check and sign"), make, apart]
    assert followers(tasks, of="check and sign") == [hand_over, make]
    assert followers(tasks, of="hand over") == []


def test_only_waiting_tasks_follow() -> None:
    sent = Task("tell", TaskState.SENT, after=("rule",))
    later = Task("file", after=("tell",))
    assert followers([refused("rule"), sent, later], of="rule") == [later]


def test_steps_in_a_circle_are_each_found_once() -> None:
    one, other = Task("one", after=("other",)), Task("other", after=("one",))
    assert followers([one, other], of="one") == [one, other]


def test_a_ticket_is_finished_when_nobody_owes_and_nobody_waits() -> None:
    assert finished([done("check and sign"), Task("make", TaskState.CANCELLED)])
    assert not finished([done("check and sign"), Task("make")])
    assert not finished([])


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_an_open_task_keeps_its_ticket_open(state: TaskState) -> None:
    assert not finished([done("check and sign"), Task("make", state)])


def test_what_waits_for_a_cancelled_task_alone_is_cancelled_with_it() -> None:
    check, make = Task("check", TaskState.SENT), Task("make", after=("check",))
    hand_over = Task("hand over", after=("make",))
    assert cancelled_with([check, make, hand_over], check) == [check, make, hand_over]


def test_what_waits_for_others_of_the_same_step_as_well_still_waits() -> None:
    one, other = Task("verify", TaskState.SENT), Task("verify", TaskState.SIGNED_FOR)
    rule = Task("rule", after=("verify",))
    assert cancelled_with([one, other, rule], one) == [one]


def test_the_steps_behind_some_are_found_over_others() -> None:
    tasks = [Task("check"), Task("make", after=("check",)), Task("hand over", after=("make",)), Task("apart")]
    assert steps_behind(tasks, ["check"]) == {"make", "hand over"}
    assert steps_behind(tasks, ["make"]) == {"hand over"}
