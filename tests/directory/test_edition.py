"""What is kept of the directory between requests is kept for one edition of it, and every change makes another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.orm import Session

from directory import indexing
from directory.edition import DirectoryEdition, Kept
from directory.lookup import find
from directory.models import Contact, ContactRole, LookupTerm, Unit
from directory.presenting import describe
from directory.queries import named_units
from directory.reach import reach
from directory.upkeep import Absence
from portal.conversation.models import TextTemplate
from portal.desk.models import SavedView
from portal.extensions import db
from portal.procedures.models import ProcedureVersion
from tests.conftest import Clock, make_settings, running
from tests.factories import Province, make_contact, make_officer

CHANGYI, LINJIANG = "220202000000", "220681000000"
AT, HOUR = datetime(2016, 1, 4, 1, 0, tzinfo=UTC), timedelta(hours=1)


def number(session: Session) -> int:
    session.rollback()
    return session.scalars(select(DirectoryEdition.number)).one()


def phones(session: Session, words: str, at: datetime) -> list[str]:
    """What an officer is shown first for these words."""
    return describe(session, find(session, words), at)[0].phones


def a_desk(session: Session, _province: object = None) -> None:
    """Changyi can be called under a number that it had not."""
    make_contact(session, session.get_one(Unit, CHANGYI), ContactRole.DESK, phone="0432-80001")


def test_what_another_process_changes_is_shown_at_once(
    app: Flask, province: Province, session: Session, clock: Clock
) -> None:
    before = phones(session, "昌邑", clock.now)
    with running(make_settings(app.extensions["settings"].database_url, app.extensions["settings"].instance)) as other:
        session.commit()
        with other.app_context():
            a_desk(db.session, province)
            db.session.commit()
    session.commit()
    assert phones(session, "昌邑", clock.now) == ["0432-80001"] != before


def test_what_one_changes_oneself_is_seen_before_it_is_committed_and_not_after_it_was_taken_back(
    province: Province, session: Session, clock: Clock
) -> None:
    before = phones(session, "昌邑", clock.now)
    a_desk(session, province)
    session.flush()
    assert phones(session, "昌邑", clock.now) == ["0432-80001"]
    session.rollback()
    assert phones(session, "昌邑", clock.now) == before


WRITTEN: dict[str, Callable[[Session, Province], Any]] = {
    "a unit renamed": lambda session, province: setattr(session.get_one(Unit, CHANGYI), "name", "昌邑新所"),
    "a person": a_desk,
    "many at once": lambda session, province: session.execute(
        insert(Contact),
        [{"unit_code": CHANGYI, "name": name, "role": ContactRole.DESK} for name in "甲乙"],
    ),
    "by one statement": lambda session, _: session.execute(update(Unit).values(address="新址")),
    "taken away": lambda session, _: session.execute(delete(LookupTerm).where(LookupTerm.weight > 3)),
    "who is away": lambda session, province: session.add(
        Absence(contact=make_contact(session, province.changyi, ContactRole.DESK), begins_at=AT, ends_at=AT + HOUR)
    ),
    "a kind of case": lambda session, _: session.add(
        ProcedureVersion(code="new", version=1, content={}, at=AT, by="somebody")
    ),
    "a text of a unit": lambda session, _: session.add(
        TextTemplate(unit_code=CHANGYI, title="催办", body="请尽快。", changed_at=AT, changed_by="somebody")
    ),
    "a view kept": lambda session, province: session.add(
        SavedView(officer_id=make_officer(session, province.changyi, "li").id, unit_code=CHANGYI, name="一", asked={}, made_at=AT)
    ),
    "found by anew": lambda session, province: indexing.refresh_lookup_terms(session, [CHANGYI]),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_every_way_of_writing_makes_another_edition(what: str, province: Province, session: Session) -> None:
    before = number(session)
    WRITTEN[what](session, province)
    session.commit()
    assert number(session) == before + 1


def test_who_was_away_earlier_is_known_though_it_was_asked_of_later_before(province: Province, session: Session) -> None:
    """What is kept are the absences of one instant on; an earlier one is not answered from them."""
    first = reach(session, [CHANGYI]).desk(CHANGYI)[0]
    make_contact(session, province.changyi, ContactRole.DESK, name="乙", rank=9)
    session.add(Absence(contact_id=first.contact_id, begins_at=AT, ends_at=AT + HOUR))
    session.commit()

    def desk(at: datetime) -> list[str]:
        return [one.name for one in reach(session, [CHANGYI], at).desk(CHANGYI, at)]

    asked = (AT + 2 * HOUR, AT, AT + HOUR / 2, AT + 2 * HOUR)
    assert [desk(at) for at in asked] == [[first.name], ["乙"], ["乙"], [first.name]]


def test_a_unit_is_named_as_it_is_called_now(province: Province, session: Session) -> None:
    before = named_units(session, [CHANGYI, LINJIANG, CHANGYI])
    assert before[CHANGYI].parent, "with the unit above it"
    assert before.keys() == {CHANGYI, LINJIANG}
    session.get_one(Unit, CHANGYI).name = "昌邑新所"
    session.commit()
    assert named_units(session, [CHANGYI])[CHANGYI].name == "昌邑新所" != before[CHANGYI].name
    assert named_units(session, ["000000000000"]) == {}


def test_nothing_else_does(province: Province, session: Session) -> None:
    before = number(session)
    make_officer(session, province.changyi, "somebody")
    session.commit()
    a_desk(session, province)
    session.flush()
    session.rollback()
    make_officer(session, province.changyi, "another")
    session.commit()
    assert number(session) == before


def test_two_who_change_at_once_make_two(app: Flask, province: Province, session: Session) -> None:
    codes = [CHANGYI, LINJIANG]
    before, together = number(session), Barrier(2)
    session.rollback()

    def change(code: str) -> None:
        together.wait(20)
        with app.app_context():
            db.session.execute(update(Unit).where(Unit.code == code).values(address="新址"))
            db.session.commit()

    with ThreadPoolExecutor(2) as both:
        assert [done.result(30) for done in [both.submit(change, code) for code in codes]] == [None, None]
    assert number(session) == before + 2


def test_what_was_found_before_asks_for_the_number_alone(
    app: Flask, province: Province, session: Session, clock: Clock
) -> None:
    asked: list[str] = []
    phones(session, "昌邑", clock.now)
    session.commit()
    with app.app_context():
        event.listen(db.engine, "after_cursor_execute", lambda _c, _cur, sql, *_: asked.append(sql))
    phones(session, "昌邑", clock.now)
    about = [sql for sql in asked if "calendar" not in sql and "recount" not in sql and "SELECT" in sql]
    assert len(about) == 1
    assert "directory_edition" in about[0]


def test_a_connection_that_was_cut_meanwhile_can_be_taken_back(
    province: Province, session: Session, clock: Clock
) -> None:
    before = phones(session, "昌邑", clock.now)
    a_desk(session)
    session.flush()
    session.connection().invalidate()
    session.rollback()
    assert phones(session, "昌邑", clock.now) == before


def test_where_there_is_no_more_room_what_was_just_read_is_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("directory.edition.MOST_KEPT", 1)
    kept = Kept(1)
    assert [kept.remember(kept.found, word, [word]) for word in "甲乙"] == [["甲"], ["乙"]]
    assert kept.found == {"乙": ["乙"]}
