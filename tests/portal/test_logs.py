"""The log: a line for each request with its id, in JSON where that is asked for, and nothing of what anybody typed."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from portal import logs
from portal.config import BadSettings, Settings, read_settings
from portal.extensions import db
from portal.watch_settings import WatchSettings
from portal.web.access import public
from tests.clients import Client
from tests.conftest import running

NAME, NUMBER, PHONE, WORDS = "植入甲乙丙", "22020219900101003X", "13904320001", "植入的内容戊"
PLANTED = (NAME, NUMBER, PHONE, WORDS, quote(NAME), quote(WORDS))


class Kept(logging.Handler):
    """The lines as they would be written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(params=[logs.JsonLines, logs.TextLines])
def written(request: pytest.FixtureRequest) -> Iterator[Kept]:
    kept, root, ours = Kept(request.param()), logging.getLogger(), logging.getLogger("portal")
    before = root.level, ours.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(kept)
    root.setLevel(before[0])
    ours.setLevel(before[1])


@pytest.fixture
def logged(settings: Callable[..., Settings], written: Kept) -> Iterator[Flask]:
    """An application without tables, of which some views fail over what was typed."""
    with running(settings(watch=WatchSettings(log="json"))) as app:
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.testing = False
        app.add_url_rule("/fail/value", view_func=public(lambda: str(int(NUMBER))), endpoint="value")
        app.add_url_rule("/fail/key", view_func=public(lambda: {}[NAME]), endpoint="key")
        app.add_url_rule("/fail/statement", view_func=public(statement), endpoint="statement")
        app.add_url_rule("/fail/twice", view_func=public(twice), endpoint="twice")
        written.lines.clear()
        yield app


def statement() -> str:
    """Fails with its values, as a violated constraint would."""
    return str(db.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": NAME}))


def twice() -> str:
    try:
        return str(int(PHONE + "x"))
    except ValueError as error:
        raise RuntimeError(WORDS) from error


def test_nothing_that_was_typed_is_in_the_log(logged: Flask, written: Kept) -> None:
    client = logged.test_client()
    assert isinstance(client, Client)
    for path in ("/fail/value", "/fail/key", "/fail/statement", "/fail/twice"):
        assert client.get(f"{path}?q={NAME}&phone={PHONE}").status_code in {500, 503}
    client.get(f"/directory?q={NAME}")
    client.get(f"/nowhere/{NAME}/{NUMBER}")
    client.post("/sign-in", data={"username": NAME, "password": WORDS})
    client.post("/tickets", data={"name": NAME, "id_number": NUMBER, "message": WORDS}, headers={"User-Agent": PHONE, "Referer": f"/?q={quote(NAME)}"})
    client.post("/api/v1/tickets", json={"citizens": [{"name": NAME, "id_number": NUMBER}], "message": WORDS})
    client.get("/healthz", headers={"X-Request-ID": f"{NUMBER} {PHONE}"})
    assert len(written.lines) >= 10
    held = "\n".join(written.lines)
    assert [each for each in PLANTED if each in held] == []


def test_each_line_of_a_request_has_its_id_and_says_where_it_failed(logged: Flask, written: Kept) -> None:
    answer = logged.test_client().get("/fail/twice", headers={"X-Request-ID": "a1b2c3d4-e5f6"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "a1b2c3d4-e5f6")
    assert all("a1b2c3d4-e5f6" in line for line in written.lines)
    failed = next(line for line in written.lines if "RuntimeError" in line)
    assert "ValueError" in failed
    assert "in twice" in failed


@pytest.mark.parametrize("written", [logs.JsonLines], indirect=True)
def test_each_request_is_an_object(logged: Flask, written: Kept) -> None:
    logged.test_client().get("/healthz?q=1", headers={"X-Request-ID": "a1b2c3d4-e5f6"})
    (line,) = (json.loads(each) for each in written.lines)
    assert line.pop("milliseconds") >= 0
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process")
    assert line == {"level": "info", "logger": "portal.access", "event": "request", "request": "a1b2c3d4-e5f6",
                    "endpoint": "web.health", "method": "GET", "status": 200}  # fmt: skip


def test_the_address_that_gunicorn_tells_is_left_out(written: Kept) -> None:
    logging.getLogger("gunicorn.error").error("Error handling request %s", f"GET /directory?q={NAME}")
    assert NAME not in written.lines[-1]
    assert "Error handling request" in written.lines[-1]


def test_how_the_log_is_written_is_one_of_two(tmp_path: Path) -> None:
    assert read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_LOG": "json"}).watch.log == "json"
    with pytest.raises(BadSettings, match="PORTAL_LOG must be text or json"):
        read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_LOG": "xml"})


def test_a_process_writes_lines_of_one_kind_once(capsys: pytest.CaptureFixture[str]) -> None:
    root, ours = logging.getLogger(), logging.getLogger("portal")
    before = list(root.handlers), ours.level
    try:
        for _ in range(2):
            logs.say_as("json")
            logging.getLogger("portal.worker").error("the worker goes on")
        lines = capsys.readouterr().err.splitlines()
        assert [json.loads(line)["event"] for line in lines] == ["the worker goes on"] * 2
    finally:
        root.handlers[:], _level = before
        ours.setLevel(before[1])
