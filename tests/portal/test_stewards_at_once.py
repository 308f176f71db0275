"""Two stewards at the same instant, and a steward's merger while officers work: one after the other, nothing lost."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import confirming, corrections, editing
from directory.history import By, ChangedMeanwhileError, check_seen, locked_unit
from directory.models import Contact, Correction, Unit
from directory.upkeep import Change, Confirmation
from portal.contacts.actions import merge, settle_correction
from portal.errors import Conflict, Hidden
from portal.tickets.models import Task
from portal.tickets.moves import Answer, answer
from portal.web.permissions import Role
from tests.factories import Province, actor_at
from tests.portal.test_two_at_once import START, Act, at_once, one_task
from tests.portal.world import opened


def test_of_two_who_save_the_same_contact_one_is_told(app: Flask, session: Session, province: Province) -> None:
    contact_id, code = (
        session.scalars(select(Contact.id).where(Contact.email == "dahu.desk@ga.example")).one(),
        province.dahu.code,
    )

    def save(post: str) -> Act:
        def act(own: Session) -> None:
            locked_unit(own, code)
            contact = own.get_one(Contact, contact_id, populate_existing=True)
            try:
                check_seen(own, contact, 0)
            except ChangedMeanwhileError as meanwhile:
                raise Conflict(str(meanwhile)) from meanwhile
            editing.change_contact(own, contact, {"post": post}, START, By(post))

        return act

    assert at_once(app, save("所长"), save("教导员")) == ["done", "told: Conflict"]
    session.expire_all()
    (line,) = session.scalars(select(Change)).all()
    assert session.get_one(Contact, contact_id).post == line.after


def test_of_two_who_settle_a_correction_one_is_told(app: Flask, session: Session, province: Province) -> None:
    contact = session.scalars(select(Contact).where(Contact.email == "dahu.desk@ga.example")).one()
    corrections.mark_bounced(session, contact, "550", START)
    session.commit()
    steward = actor_at(province.baishan, (Role.STEWARD,))

    def settle(own: Session) -> None:
        settle_correction(own, steward, own.scalars(select(Correction)).one(), "kept", {}, "", START)

    assert at_once(app, settle, settle) == ["done", "told: Conflict"]


def test_two_workers_ask_a_unit_once(app: Flask, session: Session, province: Province) -> None:
    code, asked = province.dahu.code, []

    def ask(own: Session) -> None:
        asked.append(confirming.remember_asked(own, own.get_one(Unit, code), START))

    at_once(app, ask, ask)
    assert sorted(asked) == [False, True]
    assert len(session.scalars(select(Confirmation)).all()) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_an_answer_during_a_merger_is_neither_lost_nor_moved(
    app: Flask, session: Session, province: Province, attempt: int
) -> None:
    number = opened(session, province.changyi, province.dahu, START).number
    opened(session, province.changyi, province.dahu, START)
    codes, registrar = (province.dahu.code, province.jianguo.code), actor_at(province.dahu)
    steward = actor_at(province.baishan, (Role.STEWARD,))

    def merging(own: Session) -> None:
        closed, successor = (locked_unit(own, code) for code in codes)
        assert closed
        assert successor
        merge(own, steward, closed, successor, START.date(), contacts_move=True, why="", at=START + timedelta(hours=1))

    def answering(own: Session) -> None:
        try:
            answer(own, registrar, one_task(own, registrar, number), Answer(text="已核对"), START)
        except Hidden as moved:
            raise Conflict(moved.message) from moved

    outcomes = at_once(app, merging, answering)
    session.expire_all()
    first, second = session.scalars(select(Task).order_by(Task.id)).all()
    assert second.unit_code == province.jianguo.code
    if outcomes == ["done", "done"]:
        assert (first.state, first.unit_code) == ("answered", province.dahu.code)
    else:
        assert (first.state, first.unit_code) == ("sent", province.jianguo.code)
