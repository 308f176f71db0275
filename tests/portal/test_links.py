"""Signed links, the link of the first sign-in, and where a page may send its reader back to."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts import actions
from portal.accounts.links import first_sign_in_url, officer_of
from portal.web.actor import PORTAL
from portal.web.links import BadLink, Expired, Purpose, make, own_path, read
from tests.conftest import Clock
from tests.factories import PASSWORD, Province, make_officer

pytestmark = pytest.mark.usefixtures("app", "session")


def test_a_link_brings_back_what_was_put_in(clock: Clock) -> None:
    token = make(Purpose.CONFIRM_TABLE, {"unit": "220202000000", "名": "张"})
    clock.move(days=100)
    assert read(Purpose.CONFIRM_TABLE, token) == {"unit": "220202000000", "名": "张"}


def test_a_link_expires(clock: Clock) -> None:
    token = make(Purpose.CONFIRM_TABLE, 7)
    clock.move(days=100, seconds=1)
    with pytest.raises(Expired):
        read(Purpose.CONFIRM_TABLE, token)


def test_a_link_is_good_for_one_purpose() -> None:
    with pytest.raises(BadLink) as fault:
        read(Purpose.FIRST_SIGN_IN, make(Purpose.CONFIRM_TABLE, 7))
    assert not isinstance(fault.value, Expired)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\0", "é", "."])
def test_what_is_no_link_is_a_bad_one(token: str) -> None:
    with pytest.raises(BadLink):
        read(Purpose.CONFIRM_TABLE, token)


def test_a_link_changed_in_any_character_is_a_bad_one() -> None:
    token = make(Purpose.CONFIRM_TABLE, 7)
    for place, character in enumerate(token[:-1]):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(BadLink):
            read(Purpose.CONFIRM_TABLE, changed)


def test_a_link_of_another_installation_is_a_bad_one(app: Flask) -> None:
    token = make(Purpose.CONFIRM_TABLE, 7)
    app.config["SECRET_KEY"] = "another secret key of the tests, as long"
    with pytest.raises(BadLink):
        read(Purpose.CONFIRM_TABLE, token)


@pytest.mark.parametrize(
    "target", ["/account", "/account?a=1&b=%2F%2Fx", "/account#top", "/sign-in?next=//evil.example"]
)
def test_a_page_of_our_own_is_gone_back_to(target: str) -> None:
    assert own_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "account",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\n/evil.example",
        "https://evil.example/account",
        "http:account",
        "javascript:alert(1)",
        "data:text/html,x",
        "/account\r\nSet-Cookie: a=b",
        "/\x7f/evil.example",
    ],
)
def test_nowhere_else(target: str | None) -> None:
    assert own_path(target) == "/"


@pytest.mark.parametrize("target", ["/sign-out", "/account/password", "/there/is/no/such/page"])
def test_nor_to_what_is_not_a_page_one_can_open(target: str) -> None:
    assert own_path(target, "/account") == "/account"


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_the_link_of_the_first_sign_in_names_its_officer_for_a_week(session: Session, province: Province) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    with time_machine.travel("2016-01-04T01:00:00Z", tick=False) as traveller:
        url = first_sign_in_url(officer)
        assert url.startswith("http://localhost/first-sign-in/")
        traveller.move_to("2016-01-11T01:00:00Z")
        assert officer_of(session, token_of(url)) is officer
        traveller.move_to("2016-01-11T01:00:01Z")
        with pytest.raises(Expired):
            officer_of(session, token_of(url))


def test_it_is_good_once_and_a_new_one_is_good_again(session: Session, province: Province, clock: Clock) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    used = token_of(first_sign_in_url(officer))
    actions.set_password(session, PORTAL, officer, PASSWORD, clock.now)
    session.commit()
    with pytest.raises(Expired):
        officer_of(session, used)
    assert officer_of(session, token_of(first_sign_in_url(officer))) is officer


def test_it_is_good_for_nobody_who_left(session: Session, province: Province) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    url = first_sign_in_url(officer)
    officer.active = False
    session.commit()
    with pytest.raises(BadLink):
        officer_of(session, token_of(url))
