"""Officers, their passwords and sessions, and the tokens of units."""

from datetime import UTC, date, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.accounts import actions, passwords, queries
from portal.accounts.models import Officer, SignInSession
from portal.accounts.passwords import Weakness
from portal.audit.models import AuditRecord
from portal.errors import Invalid
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests.factories import PASSWORD, Province, make_officer

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
OFFICER = [Role.OFFICER]

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def unit(province: Province) -> Unit:
    return province.changyi


def add(session: Session, unit: Unit, name: str, username: str | None = None) -> Officer:
    return actions.add_officer(session, PORTAL, name, unit.code, OFFICER, username=username, at=AT)


def deeds(session: Session) -> list[str]:
    session.flush()
    return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)))


# --- officers --------------------------------------------------------------------------------------------------------


def test_a_new_officer_has_roles_and_a_unit_and_no_password(session: Session, unit: Unit) -> None:
    roles = [Role.OFFICER, Role.SUPERVISOR]
    officer = actions.add_officer(session, PORTAL, " 张三 ", unit.code, roles, email="z@ga.example", at=AT)
    session.commit()
    assert (officer.name, officer.unit.code, officer.email, officer.password_hash) == (
        "张三",
        unit.code,
        "z@ga.example",
        None,
    )
    assert {grant.role for grant in officer.grants} == set(roles)
    assert deeds(session) == ["officer.add"]


def test_a_username_is_proposed_where_none_is_given(session: Session, unit: Unit) -> None:
    names = ["Li", "Li", "Li Wei", "张三", "李四", "X"]
    assert [add(session, unit, name).username for name in names] == [
        "li", "li2", "li.wei", f"{unit.code}-1", f"{unit.code}-2", f"{unit.code}-3",
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["LI.Wei", " li.wei ", "ｌｉ．ｗｅｉ"])
def test_a_username_is_kept_in_one_spelling(session: Session, unit: Unit, given: str) -> None:
    assert add(session, unit, "李伟", given).username == "li.wei"


@pytest.mark.parametrize("given", ["", "a", "li wei", "li\nwei", "x" * 61, ".li", "li\0wei"])
def test_a_username_that_nobody_could_type_is_refused(session: Session, unit: Unit, given: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add(session, unit, "李伟", given)
    assert list(refusal.value.fields) == ["username"]


def test_a_username_belongs_to_one_officer(session: Session, unit: Unit) -> None:
    add(session, unit, "张三", "zhang")
    with pytest.raises(Invalid) as refusal:
        add(session, unit, "张珊", "Zhang")
    assert list(refusal.value.fields) == ["username"]


def test_a_unit_must_be_there_and_open(session: Session, unit: Unit) -> None:
    unit.closed_on = date(2016, 1, 4)
    for code in (unit.code, "999999999999"):
        with pytest.raises(Invalid) as refusal:
            actions.add_officer(session, PORTAL, "张三", code, OFFICER, at=AT)
        assert list(refusal.value.fields) == ["unit_code"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_name_is_needed(session: Session, unit: Unit, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add(session, unit, name)
    assert list(refusal.value.fields) == ["name"]


@pytest.mark.parametrize("roles", [[], [Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR]])
def test_a_role_is_needed_and_the_three_administrators_are_three_people(
    session: Session, unit: Unit, roles: list[Role]
) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.add_officer(session, PORTAL, "张三", unit.code, roles, at=AT)
    assert list(refusal.value.fields) == ["roles"]


# --- passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("123456789", Weakness.SHORT),
        ("一二三四五六七八九", Weakness.SHORT),
        ("x" * 201, Weakness.LONG),
        ("my ZHANG is long", Weakness.CONTAINS_USERNAME),
        ("a long sentence", None),
        ("aaaaaaaaaa", Weakness.SHORT),
        ("好好学习天天向上又一年了", None),
    ],
)
def test_a_password_is_long_rather_than_complicated(password: str, weakness: Weakness | None) -> None:
    assert passwords.weakness(password, "zhang") is weakness


def test_a_very_short_username_may_be_part_of_a_password() -> None:
    assert passwords.weakness("believe in spring", "li") is None


def test_a_password_matches_itself_alone_also_in_full_width() -> None:
    kept = passwords.hashed("spring 2016 in Jilin")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "spring 2016 in Jilin")
    assert passwords.matches(kept, "spring ２０１６ in Jilin")
    assert not passwords.matches(kept, "Spring 2016 in Jilin")


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_nobody_has_a_password(kept: str | None) -> None:
    assert not passwords.matches(kept, "nobody has this password")


def test_what_was_hashed_with_other_parameters_is_outdated() -> None:
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    assert not passwords.outdated(passwords.hashed(PASSWORD))


def test_a_refused_password_changes_nothing(session: Session, unit: Unit) -> None:
    officer = make_officer(session, unit, "zhang")
    with pytest.raises(Invalid) as refusal:
        actions.set_password(session, PORTAL, officer, "short", AT)
    assert list(refusal.value.fields) == ["password"]
    assert officer.password_hash is None
    assert deeds(session) == []


def test_a_new_password_ends_the_sessions_except_the_one_named(session: Session, unit: Unit) -> None:
    officer = make_officer(session, unit, "zhang")
    for _ in range(3):
        actions.begin_session(session, officer, AT, "10.0.0.1", "")
    session.flush()
    kept = session.scalars(select(SignInSession)).all()[1]
    actions.set_password(session, PORTAL, officer, PASSWORD, AT, keep_session=kept.id)
    assert session.scalars(queries.live_sessions_of(officer.id, AT)).all() == [kept]


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_keeps_the_hash_of_its_token_alone(session: Session, unit: Unit) -> None:
    token = actions.begin_session(session, make_officer(session, unit, "zhang"), AT, "10.0.0.1", "x" * 500)
    session.flush()
    kept = session.scalars(select(SignInSession)).one()
    assert len(token) >= 43
    assert token not in (kept.token_hash, kept.agent)
    assert kept.token_hash == queries.hash_of(token)
    assert kept.expires_at == AT + timedelta(hours=12)


def test_a_session_ends_once(session: Session, unit: Unit) -> None:
    officer = make_officer(session, unit, "zhang")
    actions.begin_session(session, officer, AT, "10.0.0.1", "")
    session.flush()
    begun = session.scalars(select(SignInSession)).one()
    for minutes in (1, 2):
        actions.end_session(session, PORTAL, begun, AT + timedelta(minutes=minutes))
    assert begun.ended_at == AT + timedelta(minutes=1)
    assert deeds(session) == ["sign-in.succeeded", "session.end"]


def test_all_sessions_of_one_officer_end_and_nobody_elses(session: Session, unit: Unit) -> None:
    zhang, li = (make_officer(session, unit, name) for name in ("zhang", "liwei"))
    for officer in (zhang, zhang, li):
        actions.begin_session(session, officer, AT, "10.0.0.1", "")
    session.flush()
    assert actions.end_all_sessions(session, PORTAL, zhang, AT) == 2
    assert actions.end_all_sessions(session, PORTAL, zhang, AT) == 0
    assert len(session.scalars(queries.live_sessions_of(li.id, AT)).all()) == 1
