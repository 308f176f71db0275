"""Looking up is slowed where nobody could type so fast, without anything being written."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.web.pace import Pace
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import asked_of_the_database

FRAGMENTS = ("/look-up/options?q=昌邑", "/directory/options?q=昌邑", "/directory/hits?q=昌邑")
PAGES = ("/look-up?q=昌邑", "/directory?q=昌邑", "/search/suggestions?q=临江")

# nothing of it is in the database: one kind is enough
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def slow(app: Flask, clock: Clock) -> Flask:
    assert clock
    app.extensions["pace"] = Pace(2, 60)
    return app


@pytest.mark.parametrize("path", [*FRAGMENTS, *PAGES])
def test_who_looks_up_too_fast_is_told_to_wait_and_then_goes_on(
    slow: Flask, client: Client, session: Session, province: Province, clock: Clock, path: str
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert [client.get(path).status_code for _ in range(2)] == [200, 200]
    refused = client.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "请等待 1 秒" in refused.text
    assert ("<main" in refused.text) == (path in PAGES), "a script that asks for a part of a page gets no whole page"
    clock.move(seconds=1)
    assert client.get(path).status_code == 200


def test_the_public_is_counted_by_address_and_its_page_still_knows_no_reader(
    slow: Flask, client: Client, session: Session, province: Province
) -> None:
    assert session.get_bind()
    assert province
    first = [client.get("/guide/where?q=昌邑", environ_base={"REMOTE_ADDR": "10.0.0.1"}) for _ in range(3)]
    assert [each.status_code for each in first] == [200, 200, 429]
    assert first[0].headers["Cache-Control"].startswith("public")
    assert client.get("/guide/where?q=昌邑", environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 200


def test_a_keystroke_writes_nothing(
    app: Flask, client: Client, session: Session, province: Province, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    client.get("/directory")
    with asked_of_the_database() as seen:
        for _ in range(5):
            assert client.get("/directory/options?q=昌邑").status_code == 200
    assert app
    assert [each for each in seen if each.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))] == []
