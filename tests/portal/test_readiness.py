"""`/readyz` part by part, and a schema that is not this version's: what is told, and what does not start."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from directory.calendars import forget_calendars
from directory.days import CalendarYear, YearState
from portal.config import ROOT, Settings
from portal.extensions import alembic, db
from portal.health.beating import beat
from portal.health.gathering import disk_of
from portal.health.state import CALENDAR_AHEAD, ENOUGH_DISK, Disk, ill_disk
from portal.mail.models import MailState, OutboxMail
from portal.schema import refuse_newer
from portal.tickets.citizens import CitizenFacts
from tests.clients import Client, Runner
from tests.conftest import Clock, in_utc, running
from tests.factories import Province, make_officer, sign_in
from tests.portal.mail_servers import free_port
from tests.portal.world import opened

NAMES = ["calendar", "database", "disk", "keys", "migrations", "outbox", "worker"]


@pytest.fixture
def well(app: Flask, session: Session, clock: Clock) -> Session:
    """A worker has just beaten."""
    for loop in ("ladder", "mail", "webhooks"):
        beat(session, "host:1", loop, clock.now, 0.2)
    session.commit()
    return session


def ill(client: Client) -> dict[str, str]:
    """What is ill, with why; the status says the same."""
    answer = client.get("/readyz")
    assert sorted(answer.json["checks"]) == NAMES
    found = {name: told["why"] for name, told in answer.json["checks"].items() if not told["ok"]}
    assert (answer.status_code, answer.json["status"]) == ((503, "not ready") if found else (200, "ready"))
    return found


def test_everything_is_named_and_well(client: Client, well: Session) -> None:
    assert ill(client) == {}


def mail(at: object, **others: object) -> OutboxMail:
    given = {"kind": "urge", "to_address": "a@ga.example", "subject": "", "body_text": "", "body_html": ""}
    token = f"{others}"[:32]
    return OutboxMail(message_id=token, token=token, created_at=at, next_try_at=at, **given, **others)


def test_mail_that_waits_while_nothing_leaves(client: Client, well: Session, clock: Clock) -> None:
    at = clock.now
    well.add(mail(at - timedelta(minutes=75), state=MailState.DEFERRED))
    well.commit()
    assert ill(client) == {"outbox": "no mail has left while the oldest has waited for 75 minutes"}
    well.add(mail(at, state=MailState.SENT, sent_at=at - timedelta(minutes=5)))
    well.commit()
    assert ill(client) == {}, "that one mail waits is its own trouble"


def test_days_that_are_not_known_sixty_days_ahead(client: Client, well: Session, clock: Clock) -> None:
    clock.set(in_utc("2026-12-31 09:00") - CALENDAR_AHEAD)
    for loop in ("ladder", "mail", "webhooks"):
        beat(well, "host:1", loop, clock.now, 0.2)
    well.commit()
    assert ill(client) == {}
    clock.move(days=1)
    for loop in ("ladder", "mail", "webhooks"):
        beat(well, "host:1", loop, clock.now, 0.2)
    well.commit()
    assert ill(client) == {"calendar": "working days are known until 2026-12-31 only: load the next year's calendar"}
    well.add(CalendarYear(year=2027, state=YearState.IN_FORCE, content="", given_at=clock.now, given_by="发行"))
    well.commit()
    forget_calendars(well)
    assert ill(client) == {}


def test_a_disk_that_is_full_or_read_only_or_gone(tmp_path: Path) -> None:
    assert ill_disk(Disk(ENOUGH_DISK, writable=True)) == ""
    assert ill_disk(Disk(ENOUGH_DISK - 1, writable=True)) == "the disk of the instance folder has 1023 MiB left"
    assert ill_disk(Disk(ENOUGH_DISK, writable=False)) == "the instance folder cannot be written"
    assert disk_of(tmp_path).writable
    assert disk_of(tmp_path / "gone") == Disk(0, writable=False)


def test_a_database_that_does_not_answer(settings: Callable[..., Settings], clock: Clock) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/duijie"
    with running(replace(settings(), database_url=nobody)) as app:
        client = app.test_client()
        assert client.get("/healthz").status_code == 200
        told = ill(client)
    assert set(told) == set(NAMES) - {"disk"}
    assert set(told.values()) == {"the database does not answer"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_data_key_that_is_not_the_one_of_what_is_there(
    app: Flask, client: Client, well: Session, province: Province, clock: Clock
) -> None:
    number = opened(well, province.changyi, province.linjiang, clock.now, citizens=[CitizenFacts("示例", "")]).number
    sign_in(client, make_officer(well, province.changyi, "changyi"))
    assert ill(client) == {}
    assert client.get(f"/tickets/{number}").status_code == 200
    cookie = client.get_cookie("duijie")
    well.rollback()
    assert cookie is not None
    with running(replace(app.extensions["settings"], data_key="another data key, as if it were mistyped")) as other:
        stranger = other.test_client()
        stranger.set_cookie("duijie", cookie.value)
        assert list(ill(stranger)) == ["keys"]
        page = stranger.get(f"/tickets/{number}")
    assert page.status_code == 500
    assert "密钥" in page.text
    assert page.headers["X-Request-ID"] in page.text


# A schema that is not this version's


def newer(session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    session.commit()


def test_a_schema_that_is_behind_is_told_and_brought_up(app: Flask, client: Client, well: Session, runner: Runner) -> None:
    head = json.loads(runner("portal", "migrate", "--check", "--json").stdout)["head"]
    with app.app_context():
        alembic.downgrade()
    assert list(ill(client)) == ["migrations"]
    checked = runner("portal", "migrate", "--check")
    assert (checked.exit_code, "run portal migrate" in checked.stdout) == (1, True)
    assert runner("portal", "migrate").exit_code == 0
    checked = runner("portal", "migrate", "--check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)) == (0, {"standing": "at head", "at": head, "head": head})
    assert ill(client) == {}


def test_a_newer_schema_is_told_and_left_alone(client: Client, well: Session, runner: Runner) -> None:
    newer(well)
    assert "a newer version was here" in ill(client)["migrations"]
    for words in (("migrate", "--check"), ("migrate",), ("worker",), ("start",)):
        told = runner("portal", *words)
        assert told.exit_code == 1, words
        assert "a newer version was here" in told.stdout + told.stderr, words
    assert well.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("preload", [["--preload"], []])
def test_the_web_server_does_not_start_on_a_newer_schema(app: Flask, session: Session, preload: list[str]) -> None:
    newer(session)
    settings = app.extensions["settings"]
    environ = {**os.environ, "PORTAL_DATABASE_URL": settings.database_url, "PORTAL_INSTANCE": str(settings.instance)}
    command = [sys.executable, "-m", "gunicorn", *preload, "--bind", f"127.0.0.1:{free_port()}", "wsgi:app"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "a newer version was here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_web_server_starts_while_the_database_does_not_answer(settings: Callable[..., Settings]) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/duijie"
    with running(replace(settings(), database_url=nobody)) as app, app.app_context():
        refuse_newer()
        db.session.rollback()
