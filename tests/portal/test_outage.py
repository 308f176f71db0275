"""The database does not answer: who reads is told, who writes keeps what was typed, the log has one line."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from portal import worker
from portal.config import Settings
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.web.access import public
from portal.web.outage import OUTAGE
from tests.clients import Client
from tests.conftest import in_utc, running
from tests.portal.mail_servers import free_port

TYPED = "已核对底档，\"原件\"与<系统>一致。"


@pytest.fixture
def alone(settings: Callable[..., Settings]) -> Iterator[Flask]:
    """The portal, its database gone."""
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/duijie"
    with running(replace(settings(), database_url=nobody)) as app:
        yield app


@pytest.fixture
def reader(alone: Flask) -> Client:
    """A browser that is signed in, as far as it knows."""
    client = alone.test_client()
    assert isinstance(client, Client)
    client.remember(_user_id="somebody", _fresh=True, language="en")
    return client


def form(client: Client, **fields: object) -> dict[str, object]:
    client.remember(csrf_token="of the page that was open")
    with client.application.test_request_context():
        from flask_wtf.csrf import generate_csrf, session  # noqa: PLC0415  as a page makes it

        session["csrf_token"] = "of the page that was open"
        return {**fields, "csrf_token": generate_csrf()}


def test_who_reads_is_told_and_tries_again(reader: Client, caplog: pytest.LogCaptureFixture) -> None:
    page = reader.get("/directory?q=1")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "Nothing is lost" in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert page.headers["X-Request-ID"] in caplog.text
    assert "Traceback" not in caplog.text


def test_what_was_typed_is_kept_and_sent_again_as_it_was(reader: Client) -> None:
    typed = form(reader, text=TYPED, submission_key="k-1")
    page = reader.post("/tickets/XB2016-000001-1/messages?to=1", data=typed)
    assert page.status_code == 503
    assert "What you typed is kept" in page.text
    assert 'action="/tickets/XB2016-000001-1/messages?to=1"' in page.text
    assert 'value="已核对底档，&#34;原件&#34;与&lt;系统&gt;一致。"' in page.text
    assert 'name="submission_key" value="k-1"' in page.text
    assert f'value="{typed["csrf_token"]}"' in page.text


@pytest.mark.parametrize("more", [{"password": "geheim-1"}, {"code": "123456"}, {"files": (io.BytesIO(b"geheim-1"), "a.txt")}])
def test_no_secret_is_repeated_and_no_file_is_left_out_unsaid(reader: Client, more: dict[str, object]) -> None:
    page = reader.post("/tickets/XB2016-000001-1/messages", data=form(reader, text=TYPED, **more))
    assert page.status_code == 503
    assert "Go back" in page.text
    assert not any(word in page.text for word in ("geheim-1", "123456", "底档"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_answer_that_is_there_is_given_though_the_connection_is_cut_meanwhile(app: Flask, client: Client) -> None:
    @public
    def answered() -> str:
        mine = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
            other.execute(text("SELECT pg_sleep(0.05)"))
        return "well"

    app.add_url_rule("/answered", view_func=answered)
    assert client.get("/answered").text == "well"


def test_another_system_is_told_to_call_again(reader: Client) -> None:
    answer = reader.get("/api/v1/tickets", headers={"Authorization": "Bearer dj_x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.content_type == "application/problem+json"


def test_the_worker_leaves_a_round_out_with_one_line(alone: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with alone.app_context():
        worker.one_round(alone, db.sessionmaker, in_utc("2016-01-04 09:00"), worker.LADDER)
        worker.Pulse(db.sessionmaker, "ladder", lambda: 0.0).beat()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.ERROR]
    assert "Traceback" not in caplog.text


def test_a_sweep_does_not_take_a_database_that_is_gone_for_the_fault_of_each_ticket(alone: Flask) -> None:
    with alone.app_context(), pytest.raises(OUTAGE):
        sweep(db.sessionmaker, in_utc("2016-01-04 09:00"))
