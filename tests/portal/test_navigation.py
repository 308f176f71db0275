"""Where one can go: each role is offered what it may open, and every page belongs somewhere."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.web.navigation import KEYS, PLACES, Place
from portal.web.permissions import Role
from tests.clients import Client
from tests.factories import Province, make_officer, sign_in

OFFERED = {
    Role.OFFICER: {"desk", "contacts", "openings", "guide", "search", "procedures", "calendars", "texts", "training", "own"},
    Role.SUPERVISOR: {"desk", "contacts", "openings", "supervision", "statistics", "guide", "search", "procedures",
                      "calendars", "texts", "policies", "guide_texts", "training", "own"},
    Role.STEWARD: {"contacts", "guide", "calendars", "training", "own"},
    Role.SYSTEM_ADMINISTRATOR: {"contacts", "staff", "mail", "guide", "calendars", "tokens", "webhooks", "correspondence", "health", "style",
                                "training", "own"},
    Role.SECURITY_ADMINISTRATOR: {"roles", "sessions", "guide", "style", "training", "own"},
    Role.AUDITOR: {"audit", "guide", "style", "training", "own"},
}  # fmt: skip


def offered(client: Client, page: str = "/account") -> set[str]:
    bar = re.search(r'<nav class="top__navbox".*?</nav>', client.get(page).text, re.DOTALL)
    assert bar
    return set(re.findall(r'<a href="([^"]+)"', bar[0]))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_offered_what_it_may_open_and_nothing_else(
    session: Session, province: Province, client: Client, app: Flask, role: Role
) -> None:
    sign_in(client, make_officer(session, province.corps, "somebody", role))
    with app.test_request_context():
        places = {address(app, place): place for place in PLACES}
    shown = {places[href] for href in offered(client)}
    assert {place.endpoint.partition(".")[0] for place in shown} == OFFERED[role]
    for place in shown:
        assert client.get(next(href for href in places if places[href] is place), follow_redirects=True).status_code == 200
    for href, place in places.items():
        if place not in shown:
            assert client.get(href).status_code in {302, 403, 404}, href


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_the_province_is_offered_its_texts(session: Session, province: Province, client: Client) -> None:
    sign_in(client, make_officer(session, province.changyi, "somebody", Role.SUPERVISOR))
    assert "/guide-texts" not in offered(client)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_page_tells_where_one_is(session: Session, province: Province, client: Client) -> None:
    sign_in(client, make_officer(session, province.changyi, "somebody"))
    for page, link in (("/", "/"), ("/directory", "/directory"), ("/tickets/new", "/tickets/new"), ("/procedures", "/procedures")):
        assert f'href="{link}" aria-current="page"' in client.get(page).text


def test_each_key_leads_to_one_place() -> None:
    letters = [place.key for place in PLACES if place.key]
    assert len(letters) == len(set(letters))
    assert not {key for keys, _text in KEYS for key in keys} & {"g"}


def address(app: Flask, place: Place) -> str:
    return str(app.url_for(place.endpoint, _external=False))
