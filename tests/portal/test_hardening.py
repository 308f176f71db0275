"""Every form is sent rubbish, by everybody: it is refused, and nothing breaks."""

import inspect
import random
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask, render_template_string
from flask_babel import lazy_gettext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from wtforms import StringField

from portal.static_files import address as static_address
from portal.tickets.forms import MessageForm
from portal.web.forms import IN_FREE_TEXT, NOT_HERE, PortalForm
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.test_planted_secrets import checked_number
from tests.portal.walk.table import Route
from tests.portal.walk.walking import Visitor, Walk

RUBBISH = (
    "", " ", "\x00", "a\x00b", "0", "-1", "1e309", "99999999999999999999", "NaN", "null", "true", "[]", "{}", "../../etc/passwd",
    "{{ 7 * 7 }}", "${7*7}", "<script>alert(1)</script>", "' OR 1=1 --", "=cmd|' /C calc'!A0", "\r\nX-Injected: 1", "\u202e\u200b",
    "长" * 3_000, "x" * 70_000, "2016-02-30", "9999-12-31", "0001-01-01", "2016-01-04T99:99", "%00", "%ff", "\ud7ff\ue000", "\U0010ffff",
    "220202000000", "XB2016-000001-1", "a@b", "@", "on", "refused", "normal", "zh", "１２３",
)  # fmt: skip
FIELDS = re.compile(r'name="([^"]+)"')
ENTERING = ("officer", "supervisor", "steward", "system", "security", "auditor", "provincial", "keeper", "nobody")


@pytest.fixture
def walk(app: Flask, session: Session, province: Province, clock: Clock) -> Walk:
    assert clock
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Walk(app, session, province)


def posts(walk: Walk) -> list[Route]:
    return [route for route in walk.routes if route[0] == "POST"]


def field_names(walk: Walk) -> list[str]:
    """Every name of a field on any page that anybody may read."""
    names: set[str] = {"text", "files", "file"}
    for route in walk.routes:
        if route[0] == "GET":
            for who in ("officer", "steward", "system", "keeper", "nobody"):
                answer = walk.visit(route, who, walk.world["own"][1])
                if answer.mimetype == "text/html":
                    names |= set(FIELDS.findall(answer.text))
    return sorted(names - {"csrf_token", "csrf-token", "viewport", "robots", "theme-color", "color-scheme"})


@pytest.fixture
def names(walk: Walk) -> list[str]:
    return field_names(walk)


def who_may(walk: Walk, route: Route) -> Iterator[Visitor]:
    for who in ENTERING:
        if walk.gets_in(route, who, "own"):
            yield walk.visitor(who)
            return
    yield walk.visitor("officer")


def test_no_form_breaks_on_rubbish(walk: Walk, names: list[str], full_size: bool) -> None:
    """Seeded: each form gets a few rounds with values of all kinds in all fields that any form has."""
    dice = random.Random(2016)
    assert len(names) > 60
    for route in posts(walk):
        for visitor in who_may(walk, route):
            for _ in range(40 if full_size else 1):
                data = {name: dice.choice(RUBBISH) for name in names if dice.random() < 0.8}
                send(walk, route, visitor, {**data, "csrf_token": visitor.csrf})


def send(walk: Walk, route: Route, visitor: Visitor, data: dict[str, object]) -> None:
    path = walk.path(route, walk.world["own"][1])
    answer = walk.app.test_client(use_cookies=False).post(path, data=data, headers=visitor.headers)
    assert answer.status_code < 500, (visitor.who, route, {key: str(value)[:40] for key, value in data.items()})
    assert "X-Injected" not in answer.headers
    assert b"<script>alert(1)" not in answer.data, (visitor.who, route)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"text=%ff%fe%00&a=%ed%a0%80&=&&;"),
        ("application/x-www-form-urlencoded; charset=utf-16", "text=长".encode("utf-16")),
        ("application/x-www-form-urlencoded", "text=长春".encode("gb18030")),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\xff\xfe\r\n--x--"),
        ("multipart/form-data", b"no boundary"),
        ("application/json", b"{\"text\": \"\\ud800\"}"),
        ("text/plain", b"\x00" * 100),
        ("", b""),
    ],
)  # fmt: skip
def test_no_form_breaks_on_a_body_that_is_none(
    walk: Walk, content_type: str, body: bytes, database: str, full_size: bool
) -> None:
    if database == "postgresql" and not full_size:
        return  # it is refused before anything is asked of the database
    for route in posts(walk):
        for who in ("nobody", "keeper"):
            visitor = walk.visitor(who)
            answer = walk.app.test_client(use_cookies=False).post(
                walk.path(route, walk.world["own"][1]), data=body, content_type=content_type,
                headers={**visitor.headers, "X-CSRFToken": visitor.csrf},
            )  # fmt: skip
            assert answer.status_code < 500, (who, route)


def test_no_page_breaks_on_a_strange_question(walk: Walk, names: list[str], full_size: bool) -> None:
    dice = random.Random(2017)
    asked = [*names, "after", "view", "unit", "q", "show", "state", "year", "under", "limit", "next", "registry"]
    for route in walk.routes:
        if route[0] == "GET":
            for who in ("officer", "keeper", "system", "auditor"):
                if walk.gets_in(route, who, "own"):
                    visitor = walk.visitor(who)
                    for _ in range(10 if full_size else 1):
                        query = {name: dice.choice(RUBBISH)[:2_000] for name in asked if dice.random() < 0.5}
                        answer = walk.app.test_client(use_cookies=False).get(
                            walk.path(route, walk.world["own"][1]), query_string=query, headers=visitor.headers
                        )
                        assert answer.status_code < 500 or route[1] == "/readyz", (who, route, query)
                        assert b"<script>alert(1)" not in answer.data
                        assert "X-Injected" not in answer.headers


@given(st.text(max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_word_typed_into_an_address_breaks_a_page(walk: Walk, word: str) -> None:
    from urllib.parse import quote  # noqa: PLC0415  of this test alone

    visitor = walk.visitor("officer")
    client = walk.app.test_client(use_cookies=False)
    piece = quote(word.encode("utf-8", "surrogatepass"), safe="")
    for address in ("/tickets/", "/directory/units/", "/no-longer-me/", "/first-sign-in/", "/directory/exports/", f"{static_address()}/"):
        with client.get(address + piece, headers=visitor.headers) as answer:
            assert answer.status_code < 500, (address, word)


def test_every_form_refuses_an_id_number_in_its_texts() -> None:
    from portal.search.forms import SearchForm  # noqa: PLC0415  the one whose text may be one

    kinds = {kind for kind in _below(PortalForm) if kind is not SearchForm}
    assert len(kinds) > 30
    for kind in kinds:
        assert kind.number_fields == {"id_number"}, f"{kind.__name__} must not go round the check"
        assert kind.validate is PortalForm.validate or "super().validate(" in inspect.getsource(kind.validate), kind.__name__


def _below(kind: type[PortalForm]) -> set[type[PortalForm]]:
    return {sub for each in kind.__subclasses__() for sub in {each, *_below(each)} if sub.__module__.startswith("portal.")}


class Noted(PortalForm):
    """A form of the test."""

    note = StringField()
    id_number = StringField()


def test_the_refusal_stands_at_the_field_and_what_was_typed_stays(app: Flask) -> None:
    number = checked_number()
    with app.test_request_context(method="POST", data={"note": f"见 {number}", "id_number": number}):
        form = Noted(meta={"csrf": False})
        assert not form.validate()
        assert [str(error) for error in form.note.errors] == [str(IN_FREE_TEXT)]
        assert not form.id_number.errors
        assert form.note.data == f"见 {number}"


def test_where_a_form_has_no_field_for_the_number_nobody_is_sent_to_one(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"text": f"见 {checked_number()}"}):
        form = MessageForm(meta={"csrf": False})
        assert not form.validate()
        assert [str(error) for error in form.text.errors] == [str(NOT_HERE)]


def test_a_text_that_tells_back_what_was_typed_is_escaped(app: Flask) -> None:
    typed = "<script>alert(1)</script>"
    with app.test_request_context():
        page = render_template_string("{{ text }} {{ [text]|join(' ') }}", text=lazy_gettext("Not found: %(it)s", it=typed))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 2


def test_a_file_name_never_leaves_its_folder_nor_the_static_one(client: Client, app: Flask) -> None:
    assert app
    for name in ("../wsgi.py", "../../wsgi.py", "%2e%2e/wsgi.py", "..%2f..%2f..%2fetc/passwd", "%2e%2e/%2e%2e/wsgi.py"):
        path = f"{static_address()}/{name}"
        assert client.get(path).status_code in {301, 302, 308, 400, 404}


def test_a_template_is_never_made_of_what_was_typed(
    session: Session, province: Province, client: Client, app: Flask
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = client.submit("/tickets", {"procedure": "enquiry", "message": "{{ 7 * 191 }}", "subject": "${7*191}"}, page="/tickets/new")
    assert "1337" not in page.text


def test_an_upload_that_is_too_large_is_refused(
    session: Session, province: Province, client: Client, app: Flask, clock: Clock
) -> None:
    assert clock
    app.config["MAX_CONTENT_LENGTH"] = 1024
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    data = {"file": (BytesIO(b"x" * 4096), "a.csv")}
    assert client.post("/tickets/preview", data=data).status_code in {400, 413}
