"""What goes wrong is told as a page that says what to do, and to other systems as problem details."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, abort, redirect
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.test import TestResponse

from portal.config import Settings
from portal.errors import Conflict, Hidden, Invalid
from portal.web.access import public
from tests.clients import Client
from tests.conftest import running

STATUSES = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503]
RAISED: dict[str, Exception] = {
    "invalid": Invalid({"subject": "Give a subject", "citizens.0.name": "Give a name"}),
    "conflict": Conflict("It was answered already"),
    "hidden": Hidden("ticket 7 is not yours"),
    "stale": StaleDataError("UPDATE statement on table 'task' expected to update 1 row(s)"),
    "fault": RuntimeError("secret of the program"),
}


@public
def fail(how: str) -> str:
    if how.isdecimal():
        abort(int(how))
    raise RAISED[how]


@pytest.fixture
def app(settings: Callable[..., Settings]) -> Iterator[Flask]:
    with running(settings()) as app:
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.add_url_rule("/fail/<how>", "fail", fail)
        app.add_url_rule("/api/v1/fail/<how>", "api_fail", fail)
        app.add_url_rule("/moved", "moved", public(lambda: abort(redirect("/sign-in"))))
        yield app


@pytest.fixture
def english(client: Client) -> Client:
    client.remember(language="en")
    return client


def from_api(client: Client, path: str) -> TestResponse:
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response.content_type == "application/problem+json"
    assert response.json is not None
    assert response.json["status"] == response.status_code
    return response


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_a_page_with_a_way_on(english: Client, status: int) -> None:
    response = english.get(f"/fail/{status}")
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    assert '<a class="btn btn-primary" href="/">' in response.text


@pytest.mark.parametrize("status", STATUSES)
def test_and_problem_details_in_the_api(client: Client, status: int) -> None:
    body = from_api(client, f"/api/v1/fail/{status}").json
    assert body is not None
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["type"] == "about:blank"


def test_a_wrong_field_is_named_on_the_page_and_in_the_api(english: Client) -> None:
    page = english.get("/fail/invalid")
    assert page.status_code == 422
    assert "Give a subject" in page.text
    assert "Give a name" in page.text
    body = from_api(english, "/api/v1/fail/invalid").json
    assert body is not None
    assert body["errors"] == [
        {"field": "subject", "detail": "Give a subject"},
        {"field": "citizens.0.name", "detail": "Give a name"},
    ]


def test_what_the_state_does_not_allow_is_told_in_the_words_of_the_refusal(english: Client) -> None:
    page = english.get("/fail/conflict")
    assert page.status_code == 409
    assert "It was answered already" in page.text
    body = from_api(english, "/api/v1/fail/conflict").json
    assert body is not None
    assert body["detail"] == "It was answered already"


def test_a_row_that_somebody_else_changed_is_a_conflict(english: Client) -> None:
    page = english.get("/fail/stale")
    assert page.status_code == 409
    assert "Somebody else changed this" in page.text
    assert from_api(english, "/api/v1/fail/stale").status_code == 409


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_what_is_forbidden_looks_like_what_is_not_there(english: Client, prefix: str) -> None:
    hidden, missing = (english.get(f"{prefix}/fail/{how}") for how in ("hidden", "404"))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace("/fail/hidden", "/fail/404") == missing.text
    unlike = {"X-Request-ID", "Content-Length", "Set-Cookie"}
    assert [pair for pair in hidden.headers if pair[0] not in unlike] == [
        pair for pair in missing.headers if pair[0] not in unlike
    ]


def test_a_fault_of_the_program_tells_a_number_and_no_secret(english: Client) -> None:
    page = english.get("/fail/fault")
    assert page.status_code == 500
    assert page.headers["X-Request-ID"] in page.text
    assert "secret of the program" not in page.text
    assert "secret" not in from_api(english, "/api/v1/fail/fault").text


def test_even_when_the_page_about_it_fails_there_is_an_answer(app: Flask, client: Client) -> None:
    def broken() -> None:
        raise OSError("no database")

    app.jinja_env.globals["may"] = broken
    app.jinja_env.globals["mail_is_kept"] = broken
    response = client.get("/fail/fault")
    assert response.status_code == 500
    assert "系统出错" in response.text
    assert "on our side" in response.text


def test_a_wrong_method_names_the_right_ones(english: Client) -> None:
    response = english.put("/healthz")
    assert response.status_code in {400, 405}
    assert "GET" in english.post("/api/v1/fail/404").headers.get("Allow", "GET")


def test_a_form_without_its_token_says_what_to_do(english: Client) -> None:
    response = english.post("/sign-in", data={"username": "zhang", "password": "x"})
    assert response.status_code == 400
    assert "reload the page" in response.text


def test_a_redirect_is_not_an_error(client: Client) -> None:
    assert client.get("/moved").location == "/sign-in"


def test_the_reader_is_told_in_chinese_unless_it_is_english_that_was_chosen(client: Client) -> None:
    assert '<html lang="zh-Hans-CN">' in client.get("/fail/404").text
