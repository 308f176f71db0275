"""What each answer says to the browser about its own safety."""

import gc
import warnings
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers

from portal.config import Settings
from portal.static_files import address
from portal.web.access import public
from tests.clients import Client
from tests.conftest import running
from tests.factories import Province, make_officer, sign_in

MARK = f"{address()}/img/mark.svg"


def headers_of(client: Client, path: str) -> Headers:
    with client.get(path) as response:
        return response.headers


@pytest.mark.parametrize("path", ["/healthz", "/sign-in", "/not-there", MARK])
def test_every_answer_is_safe_in_a_browser(client: Client, app: Flask, path: str) -> None:
    assert app
    headers = headers_of(client, path)
    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_page_is_not_kept_by_the_browser_but_a_picture_is(
    app: Flask, client: Client, session: Session, province: Province
) -> None:
    assert app
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert headers_of(client, "/account")["Cache-Control"] == "no-store"
    for path in (MARK, f"{address()}/vendor/bootstrap.min.css"):
        assert "no-store" not in headers_of(client, path)["Cache-Control"]


def test_a_view_may_know_better(settings: Callable[..., Settings]) -> None:
    with running(settings()) as app:
        app.add_url_rule("/guide-of-the-test", "guide", public(lambda: ("", 200, {"Cache-Control": "max-age=60"})))
        assert app.test_client().get("/guide-of-the-test").headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize(
    ("base_url", "strict"), [("http://localhost", None), ("https://duijie.example", "max-age=31536000")]
)
def test_https_is_asked_for_where_it_is_spoken(
    settings: Callable[..., Settings], base_url: str, strict: str | None
) -> None:
    with running(settings(base_url=base_url)) as app:
        assert app.test_client().get("/healthz").headers.get("Strict-Transport-Security") == strict


def test_each_request_has_an_id_of_its_own_or_of_the_proxy(settings: Callable[..., Settings]) -> None:
    with running(settings()) as app:
        client = app.test_client()

        def told(**headers: str) -> str:
            return client.get("/healthz", headers=headers).headers["X-Request-ID"]

        assert told() != told()
        assert told(**{"X-Request-ID": "a1b2c3d4-e5f6"}) == "a1b2c3d4-e5f6"
        assert told(**{"X-Request-ID": "<script>alert(1)</script>"}) != "<script>alert(1)</script>"


def test_the_process_is_alive_without_a_database(settings: Callable[..., Settings]) -> None:
    with running(settings()) as app:
        assert app.test_client().get("/healthz").text == "ok\n"


def test_a_file_that_is_not_sent_is_closed(app: Flask) -> None:
    client = app.test_client()
    with client.get(MARK) as sent:
        tag = sent.headers["ETag"]
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        assert client.get(MARK, headers={"If-None-Match": tag}).status_code == 304
        assert client.head(MARK).status_code == 200
        gc.collect()
    assert not [each for each in left_open if each.category is ResourceWarning]
