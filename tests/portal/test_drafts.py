"""Drafts: kept on the server, encrypted, for their officer alone, until they are sent, discarded or forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.cipher import Cipher, cipher
from portal.config import BadSettings, read_settings
from portal.drafts import actions
from portal.drafts.actions import LARGEST, MOST, count_drafts, discard, drafts_of, load, put_away_old, save
from portal.drafts.models import Draft
from portal.errors import Invalid
from portal.extensions import db
from portal.web.actor import PORTAL, Actor
from portal.worker import forget_drafts
from tests.conftest import in_utc
from tests.factories import Province, actor_for, make_officer

NOW = in_utc("2016-01-04 09:00")
KEY = "ticket:XB2016-000001-9:message"


@pytest.fixture
def zhang(session: Session, province: Province) -> Actor:
    return actor_for(make_officer(session, province.changyi, "zhang"))


@pytest.fixture
def wang(session: Session, province: Province) -> Actor:
    """Of the same unit."""
    return actor_for(make_officer(session, province.changyi, "wang"))


def count(session: Session) -> int:
    return session.scalar(select(func.count(Draft.id))) or 0


def test_what_was_typed_comes_back_as_it_was(session: Session, zhang: Actor) -> None:
    save(session, zhang, KEY, {"text": "请核对底档 🪪\u0000"}, NOW, cipher())
    kept = load(session, zhang, KEY, cipher())
    assert kept is not None
    assert (kept.content, kept.updated_at) == ({"text": "请核对底档 🪪\u0000"}, NOW)


def test_the_newest_version_is_the_one_that_is_kept(session: Session, zhang: Actor) -> None:
    for minutes, text in enumerate(("请", "请核", "请核对")):
        save(session, zhang, KEY, {"text": text}, NOW + timedelta(minutes=minutes), cipher())
    assert [kept.content["text"] for kept in drafts_of(session, zhang, "ticket", cipher())] == ["请核对"]


def test_nobody_else_sees_a_draft_not_even_a_colleague(session: Session, zhang: Actor, wang: Actor) -> None:
    save(session, zhang, KEY, {"text": "未完"}, NOW, cipher())
    assert load(session, wang, KEY, cipher()) is None
    assert drafts_of(session, wang, "ticket", cipher()) == []
    assert count_drafts(session, wang, "ticket") == 0
    discard(session, wang, KEY)
    assert count_drafts(session, zhang, "ticket") == 1


def test_no_word_of_it_stands_in_the_database(session: Session, zhang: Actor) -> None:
    save(session, zhang, KEY, {"name": "李明", "id_number": "220104199003078915"}, NOW, cipher())
    content = session.scalars(select(Draft.content)).one()
    assert "李明".encode() not in content
    assert b"220104199003078915" not in content


def test_copied_to_another_officer_it_cannot_be_read(session: Session, zhang: Actor, wang: Actor) -> None:
    save(session, zhang, KEY, {"text": "未完"}, NOW, cipher())
    session.execute(update(Draft).values(officer_id=wang.officer_id))
    assert load(session, wang, KEY, cipher()) is None


def test_where_the_key_is_lost_the_draft_is_not_there(session: Session, zhang: Actor) -> None:
    save(session, zhang, KEY, {"text": "未完"}, NOW, cipher())
    other = Cipher("another data key, of the tests and of nothing else")
    assert load(session, zhang, KEY, other) is None
    assert drafts_of(session, zhang, "ticket", other) == []


def test_a_kind_holds_its_own_keys_alone(session: Session, zhang: Actor) -> None:
    for minutes, key in enumerate(("opening:a", "opening:b", "openings:c", "ticket:opening:d", "opening")):
        save(session, zhang, key, {}, NOW + timedelta(minutes=minutes), cipher())
    assert [kept.key for kept in drafts_of(session, zhang, "opening", cipher())] == ["opening:b", "opening:a"]
    assert count_drafts(session, zhang, "opening") == 2


def test_discarding_takes_one_away_and_twice_does_no_harm(session: Session, zhang: Actor) -> None:
    save(session, zhang, KEY, {"text": "未完"}, NOW, cipher())
    discard(session, zhang, KEY)
    discard(session, zhang, KEY)
    assert count(session) == 0


def test_another_system_keeps_no_drafts(app: Flask, session: Session) -> None:
    save(session, PORTAL, KEY, {"text": "未完"}, NOW, cipher())
    assert load(session, PORTAL, KEY, cipher()) is None
    assert count(session) == 0


@pytest.mark.parametrize(("key", "content"), [("", {}), ("a" * 101, {}), ("a\x00b", {}), (KEY, {"text": "长" * LARGEST})])
def test_what_cannot_be_kept_is_told(session: Session, zhang: Actor, key: str, content: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        save(session, zhang, key, content, NOW, cipher())
    assert count(session) == 0


def test_beyond_a_number_the_one_longest_untouched_goes(
    session: Session, zhang: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 3)
    assert MOST > 3
    for minutes in range(5):
        save(session, zhang, f"opening:{minutes}", {}, NOW + timedelta(minutes=minutes), cipher())
    kept = [one.key for one in drafts_of(session, zhang, "opening", cipher())]
    assert kept == ["opening:4", "opening:3", "opening:2"]


def test_the_worker_forgets_what_nobody_has_touched_for_so_long(app: Flask, session: Session, zhang: Actor) -> None:
    save(session, zhang, "opening:old", {}, NOW - timedelta(days=3, minutes=1), cipher())
    save(session, zhang, "opening:new", {}, NOW - timedelta(days=2, hours=23), cipher())
    session.commit()
    forget_drafts(replace(app.extensions["settings"], draft_days=3), db.sessionmaker, NOW)
    session.expire_all()
    assert [one.key for one in drafts_of(session, zhang, "opening", cipher())] == ["opening:new"]
    assert put_away_old(session, NOW) == 1


def test_how_long_is_a_setting(tmp_path: object) -> None:
    given = {"PORTAL_INSTANCE": str(tmp_path)}
    assert read_settings(given).draft_days == 14
    assert read_settings({**given, "PORTAL_DRAFT_DAYS": "3"}).draft_days == 3
    for wrong in ("0", "-1", "two"):
        with pytest.raises(BadSettings):
            read_settings({**given, "PORTAL_DRAFT_DAYS": wrong})
