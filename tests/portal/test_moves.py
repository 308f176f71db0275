"""Handing on, suspending, asking for more time, adding and cancelling, reopening, assigning: what each does and to whom."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.history import By
from directory.models import Contact, ContactRole, Unit
from directory.roster import enter_absence
from portal.audit.models import AuditRecord
from portal.contacts.actions import merge
from portal.errors import Conflict, Hidden, Invalid
from portal.ladder.ladder import ClockKind
from portal.tickets.adding import Place, add_place
from portal.tickets.assigning import Assignment, assign, hand_to_deputies
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.extension import Extension, ExtensionState, pending_of
from portal.tickets.forecast import forecast
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.lifecycle import Outcome, TaskState, TicketState
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.moves import Answer, Return, answer, close, return_task, sign_for
from portal.tickets.queries import load_ticket
from portal.tickets.reopening import Reopening, reopen
from portal.tickets.suspending import Suspension, resume, resume_ended, suspend
from portal.web.actor import Actor
from portal.web.permissions import Role
from tests.conftest import in_utc
from tests.factories import Province, actor_at, make_officer
from tests.portal.world import mailed, opened, swept, task_of

START = in_utc("2016-01-04 09:00")
WHY = "户籍已迁往该地"
DONE = Answer(text="已核对。", explanation="迟延说明")
GROUND = Return(ground="人像不合格", contact="王 0439-80000000")


def chief(unit: Unit) -> Actor:
    return actor_at(unit, [Role.OFFICER, Role.SUPERVISOR], "王支队")


def at(text: str) -> datetime:
    return in_utc(text)


def move(session: Session, unit: Unit | Actor, ticket: Ticket, act: Callable[..., object], *given: object,
         when: datetime = START, step: str | None = None) -> Task:  # fmt: skip
    """What somebody does to a task, loaded and locked as a view does, and committed."""
    who = unit if isinstance(unit, Actor) else actor_at(unit)
    task = task_of(session, who, ticket, step)
    act(session, who, task, *given, when)
    session.commit()
    return task


def kinds(session: Session, ticket: Ticket) -> list[str]:
    return list(session.scalars(select(Entry.kind).where(Entry.ticket_id == ticket.id).order_by(Entry.id)))


def wrong(refusal: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return set(refusal.value.fields)


# Handing on


def test_a_task_handed_on_is_signed_for_anew_and_due_when_it_was_due(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    due = ticket.tasks[0].present_clocks[ClockKind.ANSWER].due_at
    given = HandOn(province.fusong.code, WHY)
    task = move(session, province.linjiang, ticket, hand_on, given, when=at("2016-01-04 14:00"))
    clocks = task.present_clocks
    assert (task.state, task.cycle, task.handed_on, task.assignee_id) == (TaskState.SENT, 1, 1, None)
    assert clocks[ClockKind.ANSWER].due_at == due
    assert clocks[ClockKind.SIGN_FOR].due_at == at("2016-01-05 09:30")
    assert {clock.unit_code for clock in clocks.values()} == {province.fusong.code}
    assert mailed(session, "arrival") == [("arrival", "linjiang.desk@ga.example"), ("arrival", "fusong.desk@ga.example")]
    assert load_ticket(session, actor_at(province.linjiang), ticket.number) is ticket, "who had it still sees it"


def test_the_rungs_climbed_stay_and_the_next_one_is_in_the_new_units_chain(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.jianguo, START)
    move(session, province.jianguo, ticket, sign_for)
    climbed = swept(at("2016-01-06 09:00")).climbed
    assert [(one.rung, one.unit) for one in climbed] == [(0, province.jianguo.code), (1, province.jianguo.code)]
    move(session, province.jianguo, ticket, hand_on, HandOn(province.zhanqian.code, WHY), when=at("2016-01-06 10:00"))
    assert ticket.top_code == province.changyi.code
    told = [(one.rung, one.unit) for one in swept(at("2016-01-12 09:00")).climbed if one.clock == "answer"]
    assert told == [(2, province.changyi.code)], "one rung higher, in the chain of the station that has it now"


def test_the_third_time_the_lowest_common_superior_is_told_and_never_again(session: Session, province: Province) -> None:
    ticket = opened(session, province.jianguo, province.linjiang, START)
    way = [province.linjiang, province.fusong, province.dahu, province.fusong, province.dahu]
    for number, (here, there) in enumerate(pairwise(way), start=1):
        move(session, here, ticket, hand_on, HandOn(there.code, WHY), when=START + timedelta(minutes=number))
        assert len(mailed(session, "ping-pong")) == (number >= 3)
    assert mailed(session, "ping-pong") == [("ping-pong", "baishan.supervisor@ga.example")]
    (entry,) = session.scalars(select(Entry).where(Entry.kind == "ping_pong"))
    assert entry.detail["unit"] == province.baishan.code
    assert ticket.tasks[0].handed_on == 4


def test_a_drill_that_is_passed_on_mails_nobody_outside(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START, drill=True)
    for here, there in ((province.linjiang, province.fusong), (province.fusong, province.linjiang)) * 2:
        move(session, here, ticket, hand_on, HandOn(there.code, WHY))
    assert mailed(session) == []
    assert kinds(session, ticket).count("ping_pong") == 1


@pytest.mark.parametrize("unit", ["", "999999999999", "linjiang"])
def test_a_task_goes_to_another_unit_that_there_is(session: Session, province: Province, unit: str) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    code = getattr(province, unit).code if unit == "linjiang" else unit
    with pytest.raises(Invalid) as refusal:
        move(session, province.linjiang, ticket, hand_on, HandOn(code, " "))
    assert wrong(refusal) == {"unit", "reason"}


def test_a_unit_that_is_closed_or_not_yet_in_service_takes_no_task(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    province.fusong.in_service_from, province.dahu.closed_on = date(2016, 2, 1), date(2016, 1, 2)
    session.commit()
    for unit in (province.fusong, province.dahu):
        with pytest.raises(Invalid) as refusal:
            move(session, province.linjiang, ticket, hand_on, HandOn(unit.code, WHY))
        assert wrong(refusal) == {"unit"}
        session.rollback()


def test_a_supervisor_above_hands_on_or_takes_over_and_an_officer_above_does_not(
    session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.jianguo, START)
    with pytest.raises(Hidden):
        move(session, actor_at(province.baishan), ticket, hand_on, HandOn(province.dahu.code, WHY))
    with pytest.raises(Hidden):
        move(session, chief(province.jilin), ticket, hand_on, HandOn(province.dahu.code, WHY))
    move(session, chief(province.baishan), ticket, hand_on, HandOn(province.baishan.code, "支队直接办理"))
    assert ticket.tasks[0].unit_code == province.baishan.code
    move(session, province.baishan, ticket, answer, DONE)
    assert ticket.state is TicketState.RESOLVED


def test_the_ruling_goes_to_whoever_commands_the_places_there_are_now(session: Session, province: Province) -> None:
    ticket = opened(session, province.fusong, province.linjiang, START, procedure="duplicate-registration",
                    places=[("former registry", province.jianguo.code)])  # fmt: skip
    ruling = next(task for task in ticket.tasks if task.step == "rule")
    assert ruling.unit_code == province.baishan.code
    move(session, province.linjiang, ticket, hand_on, HandOn(province.changyi.code, WHY))
    assert (ruling.unit_code, ticket.top_code) == (province.corps.code, province.corps.code)


# Suspending


def test_a_suspended_clock_stands_and_goes_on_with_what_was_left(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    given = Suspension("等申请人补照片", date(2016, 1, 8))
    task = move(session, province.linjiang, ticket, suspend, given, when=at("2016-01-04 10:00"))
    clock = task.present_clocks[ClockKind.ANSWER]
    assert (task.state, task.suspended_until) == (TaskState.SUSPENDED, at("2016-01-08 08:30"))
    assert clock.due_at == at("2016-01-11 16:00"), "an hour was used: twelve are left from Friday, 08:30"
    assert not swept(at("2016-01-08 08:29")).climbed
    assert resume_ended(session, at("2016-01-08 08:29")) == 0
    assert resume_ended(session, at("2016-01-08 09:10")) == 1
    session.commit()
    assert (task.state, task.suspended_until, clock.due_at) == (TaskState.SIGNED_FOR, None, at("2016-01-11 16:00"))
    assert [(one.rung, one.clock) for one in swept(at("2016-01-11 16:00")).climbed] == [(0, "answer"), (1, "answer")]
    assert kinds(session, ticket)[-4:-2] == ["suspended", "resumed"]


def test_resumed_by_hand_it_goes_on_at_once(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, suspend, Suspension("等补材料", date(2016, 1, 20)), when=at("2016-01-04 10:00"))
    task = move(session, province.linjiang, ticket, resume, when=at("2016-01-06 10:00"))
    assert task.present_clocks[ClockKind.ANSWER].due_at == at("2016-01-08 09:00")
    assert task.state is TaskState.SIGNED_FOR


def test_a_rung_that_was_due_before_is_climbed_after(session: Session, province: Province) -> None:
    """The urge was due at 14:15; suspended at 14:20, before any sweep came."""
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, sign_for)
    move(session, province.linjiang, ticket, suspend, Suspension("等补材料", date(2016, 1, 7)), when=at("2016-01-05 14:20"))
    assert forecast(session, ticket, at("2016-01-06 09:00"))[0].at == at("2016-01-07 08:30")
    assert not swept(at("2016-01-06 09:00")).due
    assert [one.rung for one in swept(at("2016-01-07 08:30")).climbed] == [0]


@pytest.mark.parametrize("until", [None, date(2016, 1, 4), date(2016, 1, 3), date(2016, 2, 4)])
def test_a_task_is_suspended_until_a_day_that_is_not_past_nor_far(
    session: Session, province: Province, until: date | None
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    with pytest.raises(Invalid) as refusal:
        move(session, province.linjiang, ticket, suspend, Suspension("", until))
    assert wrong(refusal) == {"until", "reason"}


def test_after_its_limit_a_task_is_not_suspended_nor_extended(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    late = at("2016-01-06 09:00")
    for act, given in ((suspend, Suspension("等", date(2016, 1, 8))), (ask_extension, Asked(2, "调档"))):
        with pytest.raises(Conflict):
            move(session, province.linjiang, ticket, act, given, when=late)
        session.rollback()


def test_a_task_is_not_suspended_for_ever(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    for _ in range(3):
        move(session, province.linjiang, ticket, suspend, Suspension("等", date(2016, 1, 8)))
        move(session, province.linjiang, ticket, resume)
    with pytest.raises(Invalid):
        move(session, province.linjiang, ticket, suspend, Suspension("等", date(2016, 1, 8)))


# Extension


def test_more_time_is_granted_one_level_up_on_top_of_the_old(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, ask_extension, Asked(3, "需调省外档案"), when=at("2016-01-05 09:00"))
    assert mailed(session, "extension-asked") == [("extension-asked", "baishan.supervisor@ga.example")]
    assert [one.rung for one in swept(at("2016-01-05 15:00")).climbed if one.clock == "answer"] == [0], "nothing stops"
    for nobody in (chief(province.linjiang), chief(province.corps), actor_at(province.baishan)):
        with pytest.raises(Hidden):
            move(session, nobody, ticket, decide_extension, Decision(granted=True))
        session.rollback()
    late = at("2016-01-06 10:00")
    assert [one.rung for one in swept(late).climbed if one.clock == "answer"] == [1]
    task = move(session, chief(province.baishan), ticket, decide_extension, Decision(granted=True), when=late)
    clock = task.present_clocks[ClockKind.ANSWER]
    assert (task.state, task.cycle, clock.due_at, clock.rung) == (TaskState.SENT, 2, at("2016-01-11 09:00"), None)
    assert mailed(session, "extension-decided") == [("extension-decided", "linjiang.desk@ga.example")]
    told = [(one.rung, one.unit) for one in swept(at("2016-01-11 09:00")).climbed if one.clock == "answer"]
    assert told == [(0, province.linjiang.code), (1, province.linjiang.code)], "the ladder begins anew"


def test_signing_for_goes_over_into_the_new_cycle_as_it_is(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, ask_extension, Asked(1, "调档"))
    swept(at("2016-01-04 15:00"))
    task = move(session, chief(province.baishan), ticket, decide_extension, Decision(granted=True), when=at("2016-01-04 16:00"))
    sign = task.present_clocks[ClockKind.SIGN_FOR]
    assert (sign.due_at, sign.rung, sign.stopped_at) == (at("2016-01-04 15:00"), 1, None)


def test_a_refusal_of_more_time_has_a_reason_and_changes_nothing(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, ask_extension, Asked(3, "调档"))
    with pytest.raises(Invalid) as refusal:
        move(session, chief(province.baishan), ticket, decide_extension, Decision(granted=False))
    assert wrong(refusal) == {"reason"}
    session.rollback()
    task = move(session, chief(province.baishan), ticket, decide_extension, Decision(reason="先电话核实"))
    assert (task.cycle, task.present_clocks[ClockKind.ANSWER].due_at) == (1, at("2016-01-06 09:00"))
    with pytest.raises(Conflict):
        move(session, chief(province.baishan), ticket, decide_extension, Decision(granted=True))


def test_one_request_waits_at_a_time_and_falls_when_the_task_moves(session: Session, province: Province) -> None:
    moves: list[tuple[Callable[..., object], tuple[object, ...]]] = [
        (answer, (DONE,)),
        (return_task, (GROUND,)),
        (hand_on, (HandOn(province.fusong.code, WHY),)),
        (suspend, (Suspension("等", date(2016, 1, 8)),)),
    ]
    for act, given in moves:
        ticket = opened(session, province.changyi, province.linjiang, START)
        move(session, province.linjiang, ticket, ask_extension, Asked(3, "调档"))
        with pytest.raises(Conflict):
            move(session, province.linjiang, ticket, ask_extension, Asked(2, "调档"))
        session.rollback()
        task = move(session, province.linjiang, ticket, act, *given)
        assert pending_of(session, task) is None
        assert "extension_withdrawn" in kinds(session, ticket)


def test_the_top_of_the_ladder_decides_for_itself(session: Session, province: Province) -> None:
    ticket = opened(session, province.jianguo, province.linjiang, START)
    assert ticket.top_code == province.linjiang.code
    move(session, province.linjiang, ticket, ask_extension, Asked(1, "调档"))
    assert mailed(session, "extension-asked") == [("extension-asked", "linjiang.supervisor@ga.example")]
    move(session, chief(province.linjiang), ticket, decide_extension, Decision(granted=True))
    assert ticket.tasks[0].present_clocks[ClockKind.ANSWER].due_at == at("2016-01-07 09:00")


@pytest.mark.parametrize("days", [None, 0, -1, 31])
def test_more_time_is_a_number_of_working_days(session: Session, province: Province, days: int | None) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    with pytest.raises(Invalid) as refusal:
        move(session, province.linjiang, ticket, ask_extension, Asked(days, ""))
    assert wrong(refusal) == {"days", "reason"}


# Adding a place, cancelling


def duplicate(session: Session, province: Province) -> Ticket:
    return opened(session, province.changyi, province.linjiang, START, procedure="duplicate-registration",
                  places=[("former registry", province.fusong.code)])  # fmt: skip


def test_a_further_place_owes_a_step_at_once_where_its_turn_is_now(session: Session, province: Province) -> None:
    ticket, opener = duplicate(session, province), actor_at(province.changyi)
    with pytest.raises(Hidden):
        load_ticket(session, actor_at(province.chuanying), ticket.number)
    loaded = load_ticket(session, opener, ticket.number, lock=True)
    given = Place(province.chuanying.code, "verify own record", "此处亦有登记")
    added = add_place(session, opener, loaded, given, START)
    session.commit()
    assert (added.state, added.position, added.place) == (TaskState.SENT, 5, "registry")
    assert ("arrival", "chuanying.desk@ga.example") in mailed(session)
    assert load_ticket(session, actor_at(province.chuanying), ticket.number).id == ticket.id
    for unit in (province.linjiang, province.fusong):
        task = next(task for task in ticket.tasks if task.unit_code == unit.code)
        answer(session, actor_at(unit), task, DONE, START)
    assert next(task for task in ticket.tasks if task.step == "rule").state is TaskState.WAITING, "the new one is awaited"
    answer(session, actor_at(province.chuanying), added, DONE, START)
    assert next(task for task in ticket.tasks if task.step == "rule").state is TaskState.SENT


def test_a_place_added_names_a_step_and_a_unit_that_does_not_owe_it(session: Session, province: Province) -> None:
    ticket, opener = duplicate(session, province), actor_at(province.changyi)
    for given, fields in (
        (Place("", "", ""), {"unit", "step", "reason"}),
        (Place(province.fusong.code, "verify own record", "x"), {"unit"}),
        (Place(province.chuanying.code, "rule", "x"), {"step"}),
    ):
        with pytest.raises(Invalid) as refusal:
            add_place(session, opener, load_ticket(session, opener, ticket.number, lock=True), given, START)
        assert wrong(refusal) == fields
        session.rollback()
    with pytest.raises(Hidden):
        add_place(session, actor_at(province.linjiang), ticket, Place(province.chuanying.code, "verify own record", "x"), START)


def test_a_cancelled_task_is_not_waited_for(session: Session, province: Province) -> None:
    ticket, opener = duplicate(session, province), actor_at(province.changyi)
    move(session, province.linjiang, ticket, answer, DONE)
    former = next(task for task in ticket.tasks if task.unit_code == province.fusong.code)
    cancel(session, opener, load_ticket(session, opener, ticket.number, lock=True).tasks[1], "查明无登记", START)
    session.commit()
    assert former.state is TaskState.CANCELLED
    assert next(task for task in ticket.tasks if task.step == "rule").state is TaskState.SENT


def test_what_waits_for_the_cancelled_task_alone_goes_with_it_and_the_ticket_ends(
    session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START, procedure="check-and-sign")
    opener = actor_at(province.changyi)
    with pytest.raises(Conflict):  # nothing would be left: that is a withdrawal
        cancel(session, opener, task_of(session, opener, ticket), "不需要", START)
    session.rollback()
    move(session, province.linjiang, ticket, answer, DONE)
    cancel(session, opener, task_of(session, opener, ticket, "make"), "已在他处制证", START)
    session.commit()
    assert [task.state for task in ticket.tasks] == [TaskState.ANSWERED, TaskState.CANCELLED, TaskState.CANCELLED]
    assert ticket.state is TicketState.RESOLVED


def test_cancelling_is_the_openers_and_has_a_reason(session: Session, province: Province) -> None:
    ticket = duplicate(session, province)
    with pytest.raises(Hidden):
        move(session, province.linjiang, ticket, cancel, "不归我管")
    with pytest.raises(Invalid):
        move(session, province.changyi, ticket, cancel, " ")


# Reopening


def resolved(session: Session, province: Province, *, outcome: Outcome = Outcome.DONE) -> Ticket:
    ticket = opened(session, province.changyi, province.linjiang, START, procedure="check-and-sign")
    given = Answer(outcome, "已办", ["重户"] if outcome is Outcome.REFUSED else [], "李 0439-80000000")
    move(session, province.linjiang, ticket, answer, given)
    if outcome is Outcome.DONE:
        move(session, province.corps, ticket, answer, given, step="make")
        move(session, province.changyi, ticket, answer, given, step="hand over")
    assert ticket.state is TicketState.RESOLVED
    return ticket


def again(session: Session, province: Province, ticket: Ticket, *steps: str, when: datetime = START) -> None:
    opener = actor_at(province.changyi)
    loaded = load_ticket(session, opener, ticket.number, lock=True)
    chosen = [task.id for task in loaded.tasks if task.step in steps]
    reopen(session, opener, loaded, Reopening(chosen, "证件姓名有误"), when)
    session.commit()


def test_the_chosen_tasks_begin_a_new_cycle_and_the_others_stay(session: Session, province: Province) -> None:
    ticket = resolved(session, province)
    again(session, province, ticket, "make", when=at("2016-01-05 09:00"))
    make = next(task for task in ticket.tasks if task.step == "make")
    assert (ticket.state, make.state, make.cycle, make.outcome) == (TicketState.OPEN, TaskState.SENT, 2, None)
    assert [task.state for task in ticket.tasks if task is not make] == [TaskState.ANSWERED] * 2
    overall = [clock for clock in ticket.clocks if clock.kind is ClockKind.OVERALL and clock.stopped_at is None]
    assert [clock.due_at for clock in overall] == [at("2016-03-06 00:00")]
    move(session, province.corps, ticket, answer, DONE, step="make")
    assert ticket.state is TicketState.RESOLVED


def test_of_several_the_later_waits_for_the_earlier(session: Session, province: Province) -> None:
    ticket = resolved(session, province)
    again(session, province, ticket, "check and sign", "hand over")
    assert [task.state for task in ticket.tasks] == [TaskState.SENT, TaskState.ANSWERED, TaskState.WAITING]


def test_what_a_refusal_had_cancelled_waits_again(session: Session, province: Province) -> None:
    ticket = resolved(session, province, outcome=Outcome.REFUSED)
    again(session, province, ticket, "check and sign")
    assert [task.state for task in ticket.tasks] == [TaskState.SENT, TaskState.WAITING, TaskState.WAITING]
    move(session, province.linjiang, ticket, answer, DONE)
    assert ticket.tasks[1].state is TaskState.SENT


def test_a_closed_ticket_is_reopened_within_thirty_days_and_by_its_opener(session: Session, province: Province) -> None:
    ticket, opener = resolved(session, province), actor_at(province.changyi)
    close(session, opener, load_ticket(session, opener, ticket.number, lock=True), START)
    session.commit()
    with pytest.raises(Conflict):
        again(session, province, ticket, "make", when=START + timedelta(days=31))
    session.rollback()
    with pytest.raises(Hidden):
        reopen(session, actor_at(province.linjiang), ticket, Reopening([ticket.tasks[0].id], "x"), START)
    with pytest.raises(Invalid) as refusal:
        reopen(session, opener, ticket, Reopening([], ""), START)
    assert wrong(refusal) == {"tasks", "reason"}
    again(session, province, ticket, "make", when=START + timedelta(days=29))
    assert (ticket.state, ticket.closed_at) == (TicketState.OPEN, None)


def test_what_was_asked_is_decided_by_whoever_commands_after_a_merger(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, ask_extension, Asked(1, "调档"))
    assert session.scalars(select(Extension.decider_code)).one() == province.baishan.code
    steward = actor_at(province.corps, [Role.STEWARD])
    merge(session, steward, province.baishan, province.jilin, START.date(), contacts_move=True, why="并入", at=START)
    session.commit()
    assert session.scalars(select(Extension.decider_code)).one() == province.jilin.code
    merge(session, steward, province.linjiang, province.fusong, START.date(), contacts_move=True, why="并入", at=START)
    session.commit()
    request = session.scalars(select(Extension)).one()
    assert (request.unit_code, request.decider_code) == (province.fusong.code, province.jilin.code)
    move(session, chief(province.jilin), ticket, decide_extension, Decision(granted=True))
    assert request.state is ExtensionState.GRANTED


# Assigning


def test_a_task_is_given_to_an_officer_or_a_post_of_the_unit_or_to_nobody(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    li = make_officer(session, province.linjiang, "li", name="李四")
    zhang = make_officer(session, province.changyi, "zhang")
    registrar = session.scalars(select(Contact).where(Contact.email == "linjiang.registrar@ga.example")).one()
    task = move(session, province.linjiang, ticket, assign, Assignment(f"officer {li.id}"))
    assert (task.assignee, task.assignee_post) == (li, None)
    assert [one.address for one in forecast(session, ticket, START)[0].recipients.to][-1] == "li@ga.example"
    task = move(session, province.linjiang, ticket, assign, Assignment(f"post {registrar.id}"))
    assert (task.assignee, task.assignee_post) == (None, registrar)
    for stranger in (f"officer {zhang.id}", "officer 0", "post x", "nonsense"):
        with pytest.raises(Invalid):
            move(session, province.linjiang, ticket, assign, Assignment(stranger))
        session.rollback()
    with pytest.raises(Hidden):
        move(session, province.changyi, ticket, assign, Assignment())
    session.rollback()
    task = move(session, province.linjiang, ticket, assign, Assignment())
    assert (task.assignee, task.assignee_post) == (None, None)


def test_whoever_is_out_of_office_hands_it_to_the_deputy(session: Session, province: Province) -> None:
    found = {one.role: one for one in session.scalars(select(Contact).where(Contact.unit_code == province.linjiang.code))}
    registrar, desk = found[ContactRole.REGISTRAR], found[ContactRole.DESK]
    li = make_officer(session, province.linjiang, "li", name="李四", email=registrar.email)
    zhao = make_officer(session, province.linjiang, "zhao", name="赵六", email=desk.email)
    ticket = opened(session, province.changyi, province.linjiang, START)
    task = move(session, province.linjiang, ticket, assign, Assignment(f"officer {li.id}"))
    enter_absence(session, registrar, at("2016-01-05 00:00"), at("2016-01-09 00:00"), desk, START, By("李四"))
    session.commit()
    assert hand_to_deputies(session, START) == 0
    assert hand_to_deputies(session, at("2016-01-05 08:30")) == 1
    session.commit()
    assert task.assignee is zhao
    assert hand_to_deputies(session, at("2016-01-05 08:31")) == 0
    task = move(session, province.linjiang, ticket, assign, Assignment(f"officer {li.id}"), when=at("2016-01-05 09:00"))
    assert task.assignee is zhao
    entry = session.scalars(select(Entry).where(Entry.kind == "assigned").order_by(Entry.id.desc())).first()
    assert entry is not None
    assert (entry.detail["to"], entry.detail["instead_of"]) == ("赵六", "李四")


# All of them


def test_every_move_is_an_entry_and_a_line_of_the_audit_log(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    move(session, province.linjiang, ticket, assign, Assignment())
    move(session, province.linjiang, ticket, ask_extension, Asked(1, "调档"))
    move(session, chief(province.baishan), ticket, decide_extension, Decision(reason="不必"))
    move(session, province.linjiang, ticket, suspend, Suspension("等", date(2016, 1, 8)))
    move(session, province.linjiang, ticket, resume)
    move(session, province.linjiang, ticket, hand_on, HandOn(province.fusong.code, WHY))
    acts = set(session.scalars(select(AuditRecord.action)))
    assert {"task.assigned", "task.extension_asked", "task.extension_refused", "task.suspended", "task.resumed",
            "task.handed_on"} <= acts  # fmt: skip
    assert kinds(session, ticket)[3:] == [
        "assigned", "extension_asked", "extension_refused", "suspended", "resumed", "handed_on",
    ]  # fmt: skip
