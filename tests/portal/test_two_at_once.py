"""Two officers at the same instant, and one officer's double click: one thing happens, the other is told."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cipher import cipher
from portal.errors import Conflict
from portal.extensions import db
from portal.tickets.checking import Opening
from portal.tickets.extending import Asked, ask_extension
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.moves import Answer, Return, answer, close, return_task, sign_for
from portal.tickets.opening import open_ticket
from portal.tickets.queries import load_task, load_ticket
from portal.tickets.suspending import Suspension, suspend
from portal.web.actor import Actor
from portal.web.transactions import committed
from tests.conftest import in_utc
from tests.factories import Province, actor_at
from tests.portal.world import opened

START = in_utc("2016-01-04 09:00")
Act = Callable[[Session], object]


def at_once(app: Flask, *acts: Act) -> list[str]:
    """What became of each: done, or told why not; all begin together, each in a context of its own."""
    db.session.commit()  # what the test itself has open would keep the others waiting
    ready, outcomes = threading.Barrier(len(acts)), ["" for _ in acts]

    def run(place: int, act: Act) -> None:
        with app.app_context():
            ready.wait()
            try:
                act(db.session)
                db.session.commit()
                outcomes[place] = "done"
            except Conflict as refusal:
                db.session.rollback()
                outcomes[place] = f"told: {type(refusal).__name__}"

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def one_task(session: Session, actor: Actor, number: str):  # type: ignore[no-untyped-def]
    ticket = load_ticket(session, actor, number)
    return load_task(session, actor, number, ticket.tasks[0].id, lock=True)


@pytest.mark.parametrize("second", ["answer", "return", "sign for"])
def test_of_two_who_move_a_task_one_wins_and_the_other_is_told(
    app: Flask, session: Session, province: Province, second: str
) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar = actor_at(province.linjiang)
    given = Return(ground="人像不合格", contact="王 0439-80000000")
    moves: dict[str, Act] = {
        "answer": lambda s: answer(s, registrar, one_task(s, registrar, number), Answer(text="乙"), START),
        "return": lambda s: return_task(s, registrar, one_task(s, registrar, number), given, START),
        "sign for": lambda s: sign_for(s, registrar, one_task(s, registrar, number), START),
    }
    outcomes = at_once(
        app, lambda s: answer(s, registrar, one_task(s, registrar, number), Answer(text="甲"), START), moves[second]
    )
    answered = session.scalar(select(func.count(Entry.id)).where(Entry.kind == "answered"))
    if second == "sign for":  # it may come first, and then both are right
        assert answered == 1
    else:
        assert outcomes == ["done", "told: Conflict"]
        ended = session.scalar(select(func.count(Entry.id)).where(Entry.kind.in_(["answered", "returned"])))
        assert ended == 1


def test_two_answers_that_are_both_waited_for_send_the_next_task_once(
    app: Flask, session: Session, province: Province
) -> None:
    number = opened(session, province.changyi, province.linjiang, START, procedure="duplicate-registration",
                    places=[("former registry", province.fusong.code)]).number  # fmt: skip
    sides = [actor_at(province.linjiang), actor_at(province.fusong)]

    def act(side: Actor) -> Act:
        def do(s: Session) -> None:
            ticket = load_ticket(s, side, number, lock=True)
            answer(s, side, next(task for task in ticket.tasks if task.unit_code == side.unit_code), Answer(), START)

        return do

    assert at_once(app, *(act(side) for side in sides)) == ["done", "done"]
    sent = session.scalars(select(Entry).where(Entry.kind == "sent")).all()
    assert len(sent) == 3  # two records to verify, and the ruling once


def test_of_two_who_close_one_wins(app: Flask, session: Session, province: Province) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar, opener = actor_at(province.linjiang), actor_at(province.changyi)
    answer(session, registrar, one_task(session, registrar, number), Answer(), START)
    session.commit()
    act: Act = lambda s: close(s, opener, load_ticket(s, opener, number, lock=True), START)  # noqa: E731
    assert at_once(app, act, act) == ["done", "told: Conflict"]


def test_a_double_click_opens_one_ticket(app: Flask, session: Session, province: Province) -> None:
    opening = Opening("enquiry", "请核对。", registry=province.linjiang.code, submission_key="one click")
    opener = actor_at(province.changyi)
    act: Act = lambda s: committed(s, lambda: open_ticket(s, opener, opening, START, cipher()))  # noqa: E731
    session.commit()
    assert at_once(app, act, act, act) == ["done", "done", "done"]
    assert session.scalar(select(func.count(Ticket.id))) == 1


def test_tickets_opened_at_once_have_numbers_of_their_own(app: Flask, session: Session, province: Province) -> None:
    opening = Opening("enquiry", "请核对。", registry=province.linjiang.code)
    opener = actor_at(province.changyi)
    act: Act = lambda s: open_ticket(s, opener, opening, START, cipher())  # noqa: E731
    session.commit()
    assert at_once(app, *[act] * 6) == ["done"] * 6
    assert session.scalar(select(func.count(Ticket.number.distinct()))) == 6


def test_of_handing_on_and_answering_at_once_one_wins_and_the_other_is_told(
    app: Flask, session: Session, province: Province
) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar = actor_at(province.linjiang)
    given = HandOn(province.fusong.code, "不归我处")
    outcomes = at_once(
        app,
        lambda s: answer(s, registrar, one_task(s, registrar, number), Answer(text="甲"), START),
        lambda s: hand_on(s, registrar, one_task(s, registrar, number), given, START),
    )
    assert outcomes == ["done", "told: Conflict"]
    ended = session.scalar(select(func.count(Entry.id)).where(Entry.kind.in_(["answered", "handed_on"])))
    assert ended == 1


def test_of_two_who_hand_on_at_once_one_wins_and_the_other_is_told(
    app: Flask, session: Session, province: Province
) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar = actor_at(province.linjiang)

    def act(to: str) -> Act:
        return lambda s: hand_on(s, registrar, one_task(s, registrar, number), HandOn(to, "不归我处"), START)

    assert at_once(app, act(province.fusong.code), act(province.dahu.code)) == ["done", "told: Conflict"]
    (task,) = session.scalars(select(Task).join(Ticket).where(Ticket.number == number))
    told = session.scalars(select(Entry).where(Entry.kind == "handed_on")).one()
    assert (task.handed_on, told.detail["unit"]) == (1, task.unit_code)


def test_of_two_who_ask_for_more_time_one_is_told(app: Flask, session: Session, province: Province) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar = actor_at(province.linjiang)
    act: Act = lambda s: ask_extension(s, registrar, one_task(s, registrar, number), Asked(2, "调档"), START)  # noqa: E731
    assert at_once(app, act, act) == ["done", "told: Conflict"]


def test_a_task_suspended_and_handed_on_at_once_is_one_of_them(app: Flask, session: Session, province: Province) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    registrar = actor_at(province.linjiang)
    given, stands = HandOn(province.fusong.code, "不归我处"), Suspension("等补材料", date(2016, 1, 8))
    outcomes = at_once(
        app,
        lambda s: suspend(s, registrar, one_task(s, registrar, number), stands, START),
        lambda s: hand_on(s, registrar, one_task(s, registrar, number), given, START),
    )
    assert outcomes == ["done", "told: Conflict"]
