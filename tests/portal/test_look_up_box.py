"""The box of every page: units, people and tickets, of each what the asker may see, with scripts and without."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from directory.models import ContactRole
from portal.web.permissions import Role
from tests.clients import Client
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.pages import words
from tests.portal.world import opened

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
NUMBER = "220204199003072236"


def test_one_word_finds_units_people_and_tickets(session: Session, province: Province, client: Client) -> None:
    make_contact(session, province.fusong, ContactRole.REGISTRAR, phone="0439-80001111", name="临海平", post="内勤")
    opened(session, province.changyi, province.linjiang, datetime.now(UTC), subject="临时证明核实")
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    for page in ("/look-up?q=临", "/look-up/options?q=临"):
        assert "临海平" in client.get(page).text
    for page in ("/look-up?q=临江", "/look-up/options?q=临江"):
        told = words(client.get(page).text)
        assert province.linjiang.name in told
        assert "临时证明核实" in told
    assert "临海平" in client.get("/look-up/options?q=lhp").text, "by initials"


def test_a_ticket_is_found_by_its_number(session: Session, province: Province, client: Client) -> None:
    ticket = opened(session, province.changyi, province.linjiang, datetime.now(UTC), subject="曾用名核实")
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert f"/tickets/{ticket.number}" in client.get(f"/look-up/options?q={ticket.number}").text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.STEWARD, Role.SYSTEM_ADMINISTRATOR])
def test_what_one_may_not_see_is_not_found(session: Session, province: Province, client: Client, role: Role) -> None:
    ticket = opened(session, province.changyi, province.linjiang, datetime.now(UTC), subject="曾用名核实")
    sign_in(client, make_officer(session, province.fusong, "jin", role))
    for asked in (ticket.number, "曾用名"):
        for page in ("/look-up", "/look-up/options"):
            assert f"/tickets/{ticket.number}" not in client.get(page, query_string={"q": asked}).text


def test_of_an_id_number_six_digits_are_looked_up(session: Session, province: Province, client: Client) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert client.get(f"/look-up?q={NUMBER}").location == "/look-up?q=220204&cut=1"
    told = client.get(f"/look-up/options?q={NUMBER}").text
    assert NUMBER not in told
    assert "前六位" in told


def test_the_page_has_the_box_with_the_words_in_it_and_teaches_when_there_are_none(
    session: Session, province: Province, client: Client
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = client.get("/look-up?q=linjiang").text
    assert 'action="/look-up" method="get"' in page
    assert 'name="q" value="linjiang"' in page
    assert "您要找什么" in client.get("/look-up").text
    assert "没有的单位" in words(client.get("/look-up?q=没有的单位").text)


def test_who_reads_no_directory_has_no_box(session: Session, province: Province, client: Client) -> None:
    sign_in(client, make_officer(session, province.corps, "chen", Role.AUDITOR))
    assert "data-find" not in client.get("/account").text
    assert client.get("/look-up").status_code == 403
