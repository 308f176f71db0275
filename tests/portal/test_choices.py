"""What an officer chooses for oneself: mails besides those of duty, keys, and the first tour, which ends once for all."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.conversation.actions import send_message
from portal.web.permissions import Role
from portal.web.tour import TOURS, stop_at
from tests.clients import Client
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.world import mailed, opened

pytestmark = pytest.mark.usefixtures("clock")
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_choices_are_kept(session: Session, province: Province, client: Client) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    sign_in(client, officer)
    assert "data-no-single-keys" not in client.get("/account").text
    client.submit("/account/choices", {"mail_decisions": "y"}, page="/account")
    session.expire_all()
    kept = session.get_one(Officer, officer.id)
    assert (kept.mail_mentions, kept.mail_decisions, kept.single_keys) == (False, True, False)
    assert "data-no-single-keys" in client.get("/account").text


@SQLITE
@pytest.mark.parametrize("wanted", [True, False])
def test_who_does_not_want_it_is_not_mailed_when_named(session: Session, province: Province, wanted: bool) -> None:
    at = datetime.now(UTC)
    officer = make_officer(session, province.linjiang, "li", email="li@ga.example")
    officer.mail_mentions = wanted
    ticket = opened(session, province.changyi, province.linjiang, at)
    send_message(session, actor_at(province.changyi), ticket, f"@{officer.name} 请看一下。", at)
    session.commit()
    assert (("mention", "li@ga.example") in mailed(session, "mention")) is wanted


@SQLITE
@pytest.mark.parametrize("role", list(Role))
def test_a_new_officer_is_led_through_three_pages_that_the_role_may_open(
    session: Session, province: Province, client: Client, app: Flask, role: Role
) -> None:
    sign_in(client, make_officer(session, province.corps, "new", role))
    stops = TOURS[role]
    assert len(stops) == 3
    with app.test_request_context():
        addresses = [app.url_for(stop.endpoint, tour=place) for place, stop in enumerate(stops, 1)]
    for place, address in enumerate(addresses, 1):
        page = client.get(address)
        assert page.status_code == 200
        assert f"第 {place} 步，共 3 步" in page.text
        assert place == 3 or addresses[place] in page.text, "leads on to the next"
    assert "第 1 步" in client.get("/", follow_redirects=True).text, "where one arrives"
    client.submit("/account/tours", {"next": "/account"}, page="/account")
    assert not [address for address in addresses if re.search("第 . 步，共 3 步", client.get(address).text)]
    client.submit("/account/tours", {"again": "1"}, page="/account")
    assert "第 1 步" in client.get(addresses[0]).text


def test_a_page_shows_its_own_stop_alone() -> None:
    stops = TOURS[Role.OFFICER]
    assert stop_at(stops, "desk.work_list", "") == 0
    assert stop_at(stops, "openings.new", "2") == 1
    assert stop_at(stops, "openings.new", "") is None
    assert stop_at(stops, "tickets.show", "x") is None
    assert stop_at((), "desk.work_list", "") is None


@SQLITE
def test_the_handbook_begins_with_the_reader_and_is_whole_in_both_languages(
    session: Session, province: Province, client: Client
) -> None:
    sign_in(client, make_officer(session, province.corps, "wu", Role.STEWARD))
    page = client.get("/handbook").text
    assert re.findall(r'<section class="panel" id="([a-z-]+)"', page)[0] == "steward"
    assert page.count('class="handbook__exercise"') == len(Role)
    client.submit("/language", {"language": "en", "next": "/handbook"}, page="/handbook")
    english = client.get("/handbook").text
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<header.*?</header>|<footer.*?</footer>", "", english, flags=re.DOTALL))
