"""Signing in and out as an officer at a browser does, and what keeps others out."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts import passwords, throttle
from portal.accounts.links import first_sign_in_url
from portal.accounts.models import Officer, SignInFailure, SignInSession
from portal.accounts.signing_in import BACKGROUND
from portal.accounts.throttle import TooManyFailures
from portal.audit.models import AuditRecord
from portal.extensions import db
from portal.web.access import polled, signed_in
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import PASSWORD, Province, make_officer, sign_in

ELSEWHERE = {"REMOTE_ADDR": "10.9.9.9"}

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def officer(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", password=PASSWORD, name="张三")


@pytest.fixture
def english(client: Client) -> None:
    client.remember(language="en")


def try_in(client: Client, password: str = PASSWORD, username: str = "zhang", **others: Any) -> TestResponse:
    data = {"username": username, "password": password, "next": others.pop("next", "")}
    return client.submit("/sign-in", data, **others)


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def deeds(session: Session) -> list[str]:
    return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)))


def the_session(session: Session) -> SignInSession:
    session.expire_all()
    return session.scalars(select(SignInSession)).one()


# --- in and out ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("officer")
def test_an_officer_signs_in_with_name_and_password_and_out(client: Client, session: Session) -> None:
    assert not is_in(client)
    response = try_in(client)
    assert (response.status_code, response.location) == (302, "/")
    assert is_in(client)
    assert client.submit("/sign-out", page="/account").location == "/sign-in"
    assert not is_in(client)
    assert deeds(session) == ["sign-in.succeeded", "session.end"]
    assert the_session(session).ended_at is not None


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize("typed", ["Zhang", " zhang ", "ｚｈａｎｇ"])
def test_the_username_may_be_typed_in_any_spelling(client: Client, typed: str) -> None:
    assert try_in(client, username=typed).status_code == 302


@pytest.mark.usefixtures("officer", "english")
@pytest.mark.parametrize(
    ("username", "password"), [("zhang", "wrong password"), ("nobody", PASSWORD), ("zh\0ng", PASSWORD)]
)
def test_a_failure_does_not_tell_whether_there_is_such_an_officer(client: Client, username: str, password: str) -> None:
    response = try_in(client, password, username)
    assert response.status_code == 422
    assert "Username or password is wrong" in response.text
    assert password not in response.text
    assert not is_in(client)


@pytest.mark.usefixtures("officer")
def test_a_failure_is_audited_and_a_username_that_nobody_has_is_not_kept(client: Client, session: Session) -> None:
    try_in(client, "wrong password")
    try_in(client, username="my secret password, typed in the wrong field")
    known, unknown = session.scalars(select(AuditRecord).order_by(AuditRecord.id))
    assert (known.action, known.object, known.address) == ("sign-in.failed", "officer zhang", "127.0.0.1")
    assert (unknown.action, unknown.object, unknown.actor, unknown.detail) == ("sign-in.failed", "", "?", {})


@pytest.mark.usefixtures("english")
def test_an_officer_who_left_or_never_chose_a_password_cannot_sign_in(
    client: Client, session: Session, officer: Officer, province: Province
) -> None:
    make_officer(session, province.changyi, "liwei")
    officer.active = False
    assert try_in(client).status_code == 422
    assert try_in(client, "None", "liwei").status_code == 422


@pytest.mark.usefixtures("officer", "english")
def test_a_field_left_empty_is_named(client: Client) -> None:
    response = try_in(client, "", "")
    assert response.status_code == 422
    assert "Give your username" in response.text
    assert "Give your password" in response.text


def test_signing_in_needs_the_token_of_the_form(client: Client, officer: Officer) -> None:
    assert client.post("/sign-in", data={"username": officer.username, "password": PASSWORD}).status_code == 400
    assert not is_in(client)


def test_who_is_signed_in_is_sent_on(client: Client, officer: Officer) -> None:
    sign_in(client, officer)
    assert client.get("/sign-in?next=/account").location == "/account"


@pytest.mark.usefixtures("officer")
def test_after_signing_in_one_is_where_one_wanted_to_be(client: Client) -> None:
    asked = client.get("/account")
    assert asked.location == "/sign-in?next=%2Faccount"
    page = client.get(asked.location).text
    assert 'value="/account"' in page
    assert try_in(client, next="/account").location == "/account"


@pytest.mark.usefixtures("officer")
@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "/sign-out"]
)
def test_but_never_at_another_site(client: Client, target: str) -> None:
    assert try_in(client, next=target).location == "/"


@pytest.mark.usefixtures("officer")
def test_what_the_browser_held_before_is_forgotten_but_for_the_language(client: Client) -> None:
    client.remember(language="en", planted="x")
    try_in(client)
    with client.session_transaction() as kept:
        assert kept["language"] == "en"
        assert "planted" not in kept


def test_a_password_hashed_with_other_parameters_is_hashed_anew(
    client: Client, session: Session, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    old = officer.password_hash
    assert try_in(client).status_code == 302
    session.expire_all()
    assert officer.password_hash != old
    assert passwords.matches(officer.password_hash, PASSWORD)


# --- guessing --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("officer", "english")
def test_after_five_failures_not_even_the_right_password_is_looked_at(client: Client, clock: Clock) -> None:
    for _ in range(5):
        assert try_in(client, "wrong password").status_code == 422
        clock.move(minutes=1)
    refused = try_in(client)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "600"
    assert "请等待 10 分钟后再试" in refused.text
    clock.move(minutes=10)
    assert try_in(client).status_code == 302


@pytest.mark.usefixtures("officer")
def test_nobody_can_lock_an_officer_out_from_elsewhere(client: Client) -> None:
    for _ in range(6):
        response = try_in(client, "wrong password", environ_base=ELSEWHERE)
    assert response.status_code == 429
    assert try_in(client).status_code == 302


@pytest.mark.usefixtures("officer")
def test_a_success_forgets_the_failures_before_it(client: Client) -> None:
    for _ in range(2):
        for _ in range(4):
            assert try_in(client, "wrong password").status_code == 422
        assert try_in(client).status_code == 302
        client.submit("/sign-out", page="/account")


@pytest.mark.usefixtures("officer")
def test_old_failures_are_swept_away_and_hold_no_username(client: Client, session: Session, clock: Clock) -> None:
    try_in(client, "wrong password")
    clock.move(minutes=15)
    try_in(client, "wrong password", "another")
    left = session.scalars(select(SignInFailure)).all()
    assert {one.at for one in left} == {clock.now}
    assert not any("another" in one.key for one in left)


def test_an_attempt_counts_before_its_password_is_looked_at(session: Session, clock: Clock) -> None:
    for _ in range(5):
        throttle.count_attempt(session, "zhang", "10.0.0.1", clock.now)
        session.flush()
    with pytest.raises(TooManyFailures) as refusal:
        throttle.count_attempt(session, "Zhang", "10.0.0.1", clock.now)
    assert refusal.value.wait == timedelta(minutes=15)


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_ends_without_use_after_the_time_that_is_set(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    clock.move(minutes=59)
    assert is_in(client)
    clock.move(minutes=59)
    assert is_in(client)
    clock.move(minutes=60)
    assert not is_in(client)


def test_and_after_twelve_hours_in_any_case(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    for _ in range(35):
        clock.move(minutes=20)
        assert is_in(client)
    clock.move(minutes=20)
    assert not is_in(client)


def test_use_is_noted_at_most_once_a_minute(client: Client, session: Session, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    begun = clock.now
    clock.move(seconds=59)
    is_in(client)
    assert the_session(session).seen_at == begun
    clock.move(seconds=1)
    is_in(client)
    assert the_session(session).seen_at == clock.now


def test_a_page_that_asks_by_itself_is_nobody_at_the_desk(
    client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    sign_in(client, officer)
    begun = clock.now
    clock.move(minutes=5)
    assert client.get("/account", headers={BACKGROUND: "1"}).status_code == 200
    assert the_session(session).seen_at == begun


def test_an_address_that_is_polled_keeps_no_session_alive(
    app: Flask, client: Client, officer: Officer, clock: Clock
) -> None:
    app.add_url_rule("/polled", "polled", signed_in(polled(lambda: "state")))
    sign_in(client, officer)
    for _ in range(2):
        clock.move(minutes=29)
        assert client.get("/polled").status_code == 200
    clock.move(minutes=2)
    assert client.get("/polled").status_code == 302


def test_a_page_opens_also_while_the_database_is_busy(
    app: Flask, client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    sign_in(client, officer)
    begun = clock.now
    clock.move(minutes=5)
    with app.app_context(), db.engine.connect() as busy, busy.begin():
        busy.execute(text("UPDATE sign_in_session SET address = 'busy'"))
        status = client.get("/account").status_code
    assert status == 200
    assert the_session(session).seen_at == begun
    assert is_in(client)
    assert the_session(session).seen_at == clock.now


def test_an_officer_who_is_switched_off_is_out_at_once(client: Client, officer: Officer) -> None:
    sign_in(client, officer)
    assert is_in(client)
    officer.active = False
    assert not is_in(client)


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(client: Client, session: Session, officer: Officer) -> None:
    sign_in(client, officer)
    with client.session_transaction() as cookie:
        stolen = cookie["_user_id"]
    client.submit("/sign-out", page="/account")
    client.remember(_user_id=stolen, _fresh=True)
    assert not is_in(client)


# --- the first sign-in -----------------------------------------------------------------------------------------------


def first_link(session: Session, province: Province) -> str:
    officer = make_officer(session, province.changyi, "liwei", name="李伟")
    session.commit()
    return first_sign_in_url(officer).removeprefix("http://localhost")


@pytest.mark.usefixtures("english")
def test_the_link_shows_what_it_does_and_does_nothing_by_itself(
    client: Client, session: Session, province: Province
) -> None:
    link = first_link(session, province)
    for _ in range(2):
        page = client.get(link)
        assert page.status_code == 200
        assert "李伟" in page.text
        assert "liwei" in page.text
    assert deeds(session) == []
    assert not is_in(client)


def test_choosing_a_password_signs_in_and_uses_the_link_up(
    client: Client, session: Session, province: Province
) -> None:
    link = first_link(session, province)
    response = client.submit(link, {"password": PASSWORD, "repeated": PASSWORD})
    assert (response.status_code, response.location) == (302, "/")
    assert is_in(client)
    assert client.get(link).status_code == 410
    assert deeds(session) == ["officer.password", "sign-in.succeeded"]
    client.submit("/sign-out", page="/account")
    assert try_in(client, username="liwei").status_code == 302


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("password", "repeated", "told"),
    [
        ("short", "short", "Choose at least 12 characters."),
        ("I am LiWei of Jilin", "I am LiWei of Jilin", "must not contain the username"),
        (PASSWORD, "something else", "not the same"),
        ("", "", "Choose a password"),
    ],
)
def test_a_password_that_is_refused_leaves_the_link_good(
    client: Client, session: Session, province: Province, password: str, repeated: str, told: str
) -> None:
    link = first_link(session, province)
    response = client.submit(link, {"password": password, "repeated": repeated})
    assert response.status_code == 422
    assert told in response.text
    assert client.get(link).status_code == 200


@pytest.mark.usefixtures("english")
def test_a_link_that_cannot_be_used_says_what_to_do(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    link = first_link(session, province)
    clock.move(days=8)
    expired = client.get(link)
    assert expired.status_code == 410
    assert "请向系统管理员索取新链接" in expired.text
    posted = client.submit(link, {"password": PASSWORD, "repeated": PASSWORD}, page="/sign-in")
    assert posted.status_code == 410
    broken = client.get("/first-sign-in/nonsense")
    assert broken.status_code == 404
    assert "复制时" in broken.text


# --- one's own account -----------------------------------------------------------------------------------------------


def test_the_account_lists_where_one_is_signed_in_and_ends_it(
    client: Client, session: Session, officer: Officer
) -> None:
    sign_in(client, officer)
    other = client.application.test_client()
    sign_in(other, officer)  # type: ignore[arg-type]
    there = session.scalars(select(SignInSession).order_by(SignInSession.id.desc())).first()
    assert there is not None
    assert f'value="{there.id}"' in client.get("/account").text
    response = client.submit("/account/ended-sessions", {"session_id": there.id}, page="/account")
    assert response.location == "/account"
    assert is_in(client)
    assert other.get("/account").status_code == 302


def test_all_other_sessions_can_be_ended_at_once(client: Client, officer: Officer) -> None:
    others = [client.application.test_client() for _ in range(2)]
    for each in (client, *others):
        sign_in(each, officer)  # type: ignore[arg-type]
    client.submit("/account/ended-sessions", page="/account")
    assert is_in(client)
    assert {each.get("/account").status_code for each in others} == {302}


def test_nobody_ends_anothers_session(client: Client, session: Session, officer: Officer, province: Province) -> None:
    sign_in(client.application.test_client(), officer)  # type: ignore[arg-type]
    theirs = the_session(session)
    sign_in(client, make_officer(session, province.changyi, "liwei"))
    for session_id in (theirs.id, 999, "x"):
        assert client.submit("/account/ended-sessions", {"session_id": session_id}, page="/account").status_code == 404
    session.expire_all()
    assert theirs.ended_at is None


@pytest.mark.usefixtures("english")
def test_a_password_is_changed_with_the_present_one_and_ends_the_other_sessions(
    client: Client, officer: Officer
) -> None:
    other = client.application.test_client()
    for each in (client, other):
        sign_in(each, officer)  # type: ignore[arg-type]
    new = "another long password"
    wrong = client.submit("/account/password", {"present": "x", "password": new, "repeated": new}, page="/account")
    assert wrong.status_code == 422
    assert "not your present password" in wrong.text
    weak = client.submit("/account/password", {"present": PASSWORD, "password": "x", "repeated": "x"}, page="/account")
    assert weak.status_code == 422
    done = client.submit("/account/password", {"present": PASSWORD, "password": new, "repeated": new}, page="/account")
    assert done.location == "/account"
    assert is_in(client)
    assert other.get("/account").status_code == 302
    client.submit("/sign-out", page="/account")
    assert try_in(client, new).status_code == 302


# --- language --------------------------------------------------------------------------------------------------------


def test_the_language_is_kept_for_the_browser_and_for_the_officer(
    client: Client, session: Session, officer: Officer
) -> None:
    response = client.submit("/language", {"language": "en", "next": "/sign-in"}, page="/sign-in")
    assert response.location == "/sign-in"
    assert '<html lang="en">' in client.get("/sign-in").text
    sign_in(client, officer)
    client.submit("/language", {"language": "en", "next": "//evil.example"}, page="/account")
    session.expire_all()
    assert officer.language == "en"


def test_a_language_that_is_not_spoken_changes_nothing(client: Client, session: Session, officer: Officer) -> None:
    sign_in(client, officer)
    assert client.submit("/language", {"language": "xx"}, page="/account").location == "/"
    session.expire_all()
    assert officer.language == "zh"
