"""What a process keeps between requests is never older than the database, nor anybody else's."""

from contextlib import closing, suppress
from typing import cast

import pytest
from flask import Flask, g
from sqlalchemy import update
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.editing import By
from directory.hours import read_week
from directory.models import Contact, ContactRole, Unit
from directory.queries import parents_above
from directory.reach import reach
from directory.timetable import change_hours
from portal.conversation.actions import send_message
from portal.conversation.composer import talk_of
from portal.desk import prepared, queries
from portal.desk.state import Sieve, WorkView
from portal.errors import Hidden
from portal.extensions import db
from portal.tickets.latest import part_of
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import entries_of, load_ticket, visible_to
from portal.web.actor import Actor
from portal.web.permissions import Role
from tests.conftest import CHINA, Clock, in_utc
from tests.factories import Province, actor_at, make_contact
from tests.portal.world import opened

EVENING = in_utc("2016-01-04 19:00")
LATE = ";".join(["08:30-20:00"] * 5 + [""] * 3)


def is_open(code: str) -> bool:
    """As another request sees it, in a session of its own."""
    with closing(db.sessionmaker()) as other:
        return calendar_of(other, code).is_open(EVENING)


def test_hours_changed_by_one_are_seen_by_the_next(session: Session, province: Province, clock: Clock) -> None:
    code, other = province.changyi.code, province.linjiang.code
    session.commit()
    assert not is_open(code)
    assert not is_open(code), "kept, and still right"
    change(session, session.get_one(Unit, code), clock)
    assert calendar_of(session, code).is_open(EVENING), "whoever changes it sees it at once"
    session.rollback()
    assert not is_open(code), "what was taken back was never kept"
    session.expire_all()
    change(session, session.get_one(Unit, code), clock)
    session.commit()
    assert is_open(code)
    assert not is_open(other)


def change(session: Session, unit: Unit, clock: Clock) -> None:
    change_hours(session, unit, read_week(LATE), clock.now, By("张三"))
    session.flush()


def test_a_unit_that_is_asked_for_before_it_is_there_is_not_taken_for_one_without_hours(
    session: Session, province: Province
) -> None:
    session.commit()
    assert not is_open("220299")
    session.add(Unit(code="220299", name="新设派出所", kind=province.dahu.kind, locality_code=province.dahu.locality_code,
                     hours=LATE))  # fmt: skip
    session.commit()
    assert is_open("220299")


@pytest.mark.parametrize("view", list(WorkView))
def test_a_statement_that_is_kept_answers_to_each_reader_alone(
    session: Session, province: Province, clock: Clock, view: WorkView
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    opened(session, province.changyi, province.fusong, clock.now)
    clock.move(hours=1)
    sieve = Sieve(view)
    for unit in (province.changyi, province.linjiang, province.fusong, province.linjiang):
        for roles in ((Role.OFFICER,), (Role.SUPERVISOR,)):
            actor = actor_at(unit, roles)
            plain = session.execute(queries.counts(actor, clock.now, CHINA, {"n": sieve})).scalar_one()
            kept = session.execute(*prepared.counts(actor, clock.now, CHINA, {"n": sieve})).scalar_one()
            assert kept == plain
            first = session.scalars(*prepared.first_clocks(actor, sieve, clock.now, CHINA, 50, lambda each: each)).all()
            assert first == session.scalars(queries.clocks(actor, sieve, clock.now, CHINA, None, 50)).all()


def test_the_kept_statements_of_a_ticket_show_each_reader_what_is_to_be_seen_and_no_more(
    session: Session, province: Province, clock: Clock
) -> None:
    shared = opened(session, province.changyi, province.linjiang, clock.now)
    other = opened(session, province.changyi, province.fusong, clock.now)
    send_message(session, actor_at(province.changyi), shared, "只给临江。", clock.now, to=province.linjiang.code)
    send_message(session, actor_at(province.changyi), other, "请尽快。", clock.now)
    session.commit()
    for unit in (province.changyi, province.linjiang, province.fusong, province.corps, province.linjiang):
        for roles in ((Role.OFFICER,), (Role.SUPERVISOR,), (Role.AUDITOR,)):
            for ticket in (shared, other):
                assert shown(session, actor_at(unit, roles), ticket) == plainly_shown(
                    session, actor_at(unit, roles), ticket
                )


def shown(session: Session, actor: Actor, ticket: Ticket) -> list[Entry]:
    with suppress(Hidden):
        return list(part_of(session, actor, load_ticket(session, actor, ticket.number), {}, at=EVENING).entries)
    return []


def plainly_shown(session: Session, actor: Actor, ticket: Ticket) -> list[Entry]:
    if session.scalar(visible_to(actor).where(Ticket.id == ticket.id)) is None:
        return []
    return list(session.scalars(entries_of(actor, ticket)))


def test_whom_a_ticket_concerns_is_never_older_than_the_directory(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    contact = make_contact(session, province.linjiang, ContactRole.DESK, name="李登记", email="li@ga.example")
    linjiang, above = province.linjiang.code, province.fusong.code
    session.commit()

    def told() -> list[object]:
        """Who is mailed, who is above, whom one can call: each as another request sees it."""
        with closing(db.sessionmaker()) as other, app.test_request_context():
            g.pop("talk", None)
            people = talk_of(other, actor_at(province.changyi), other.get_one(Ticket, ticket.id)).people
            desk = [each.address for each in reach(other, [linjiang]).all_of_desk(linjiang)]
            return [
                desk,
                parents_above(other, [linjiang]).get(linjiang),
                [one[1] for _unit, all_ in people for one in all_],
            ]

    before = told()
    assert told() == before
    assert "li@ga.example" in cast(list[str], before[0])
    session.execute(update(Contact).where(Contact.id == contact.id).values(email="wang@ga.example", name="王登记"))
    assert told() == before, "not committed yet"
    session.commit()
    assert {"wang@ga.example"} == set(cast(list[str], told()[0])) - set(cast(list[str], before[0]))
    assert "王登记" in cast(list[str], told()[2])
    session.execute(update(Unit).where(Unit.code == linjiang).values(parent_code=above))
    session.commit()
    assert told()[1] == above
