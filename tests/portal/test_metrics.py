"""`/metrics`: closed without its token, every figure there, every alert of the example about one that exists."""

import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.config import ROOT, BadSettings, read_settings
from portal.extensions import db
from portal.health.beating import beat
from portal.mail.models import MailState, OutboxMail
from portal.serving import clear_away
from portal.watch_settings import WatchSettings
from tests.clients import Client
from tests.conftest import SMALL, Clock, Templates, in_utc, make_settings, running
from tests.factories import load_province
from tests.portal.world import opened, swept

TOKEN = "the token of the watching tower"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
RULES = ROOT / "docs" / "alerts.yml"
NAME = re.compile(r"\bduijie_[a-z_]+")


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The small province, watched."""
    with templates.copy(request.param, SMALL) as url, running(make_settings(url, tmp_path, watch=WatchSettings(TOKEN))) as app:
        yield app


def scraped(client: Client) -> dict[str, float]:
    """The value of each line, by name and labels."""
    answer = client.get("/metrics", headers=HEADERS)
    assert answer.status_code == 200, answer.text
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


def test_nobody_is_answered_without_the_token(watched: Flask) -> None:
    client = watched.test_client()
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer 令牌"}):
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert "duijie_" not in answer.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_there_is_nothing_where_no_token_is_set(app: Flask) -> None:
    assert app.test_client().get("/metrics", headers=HEADERS).status_code == 404


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="PORTAL_METRICS_TOKEN is too short"):
        read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_METRICS_TOKEN": "short"})


def test_the_ladder_and_the_mail_are_told(watched: Flask, clock: Clock) -> None:
    client = watched.test_client()
    with watched.app_context():
        province = load_province(db.session)
        opened(db.session, province.changyi, province.linjiang, clock.now)
        beat(db.session, "host:1", "ladder", clock.now, 1.5)
        db.session.commit()
        clock.set("2016-01-04 14:30")
        told = scraped(client)
        assert (told["duijie_rungs_due"], told["duijie_rungs_climbed_last_hour"]) == (1, 0)
        assert told['duijie_worker_beat_age_seconds{loop="ladder"}'] == 5.5 * 3600
        assert told['duijie_ready{check="worker"}'] == 0
        assert told['duijie_ready{check="database"}'] == 1
        assert told['duijie_outbox_mails{state="queued"}'] == 1, "that of the arrival"
        assert told["duijie_outbox_oldest_seconds"] == 5.5 * 3600
        swept(clock.now)
        mails = db.session.query(OutboxMail).all()
        assert len(mails) == 2
        mails[0].state, mails[0].sent_at = MailState.SENT, clock.now
        mails[1].state, mails[1].sent_at, mails[1].bounced_at = MailState.FAILED, clock.now - timedelta(hours=2), clock.now
        db.session.commit()
        told = scraped(client)
        assert (told["duijie_rungs_due"], told["duijie_rungs_climbed_last_hour"]) == (0, 1)
        assert (told["duijie_mails_sent_last_hour"], told["duijie_mails_bounced_last_day"]) == (1, 1)
        assert (told['duijie_outbox_mails{state="queued"}'], told["duijie_outbox_oldest_seconds"]) == (0, 0)


def test_stale_contacts_and_requests_are_counted(watched: Flask, clock: Clock) -> None:
    client = watched.test_client()
    before = scraped(client)
    assert before['duijie_contacts{state="fresh"}'] > 0
    assert before['duijie_contacts{state="stale"}'] == 0
    clock.move(days=200)
    client.get("/healthz")
    client.get("/nowhere/张三/22020219900101003X")
    after = scraped(client)
    assert after['duijie_contacts{state="stale"}'] == before['duijie_contacts{state="fresh"}']
    count = 'duijie_request_seconds_count{endpoint="web.health",status="200"}'
    assert after[count] == before.get(count, 0) + 1
    assert not any("张三" in name for name in after)


def test_every_metric_that_an_alert_names_is_there(watched: Flask) -> None:
    alerts = RULES.read_text().split("- alert: ")[1:]
    assert len(alerts) >= 8
    with watched.app_context():
        for loop in ("ladder", "mail", "webhooks"):
            beat(db.session, "host:1", loop, in_utc("2016-01-04 09:00"), 0.1)
        db.session.commit()
    watched.test_client().get("/healthz")  # what has not been asked for yet is no metric
    told = {name.partition("{")[0] for name in scraped(watched.test_client())}
    for rule in alerts:
        assert all(part in rule for part in ("expr: ", "for: ", "severity: ", "summary: ")), rule
        assert NAME.findall(rule), rule
        assert set(NAME.findall(rule)) <= told, rule


def test_what_a_killed_server_counted_in_is_cleared_away(tmp_path: Path) -> None:
    theirs, gone = tmp_path / f"duijie-metrics-{os.getpid()}-a", tmp_path / "duijie-metrics-99999999-b"
    for folder in (theirs, gone):
        folder.mkdir()
    clear_away(tmp_path)
    assert [*tmp_path.iterdir()] == [theirs]


def test_the_processes_of_a_web_server_count_together(watched: Flask) -> None:
    """Whichever of the two is asked, it knows what the other has answered."""
    from tests.bench.serving import Browser, served  # noqa: PLC0415  only here a server runs

    settings = watched.extensions["settings"]
    environ = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_INSTANCE": str(settings.instance), "PORTAL_METRICS_TOKEN": TOKEN,
               "PORTAL_SECRET_KEY": settings.secret_key, "PORTAL_DATA_KEY": settings.data_key}  # fmt: skip
    with served("wsgi:app", environ, "/healthz") as (port, _process):
        with closing(Browser(port)) as first:
            first.get("/healthz")
        for _ in range(20):
            with closing(Browser(port)) as browser:
                browser.get("/healthz")
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=HEADERS)
        counts = []
        for _ in range(6):
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                found = re.search(r'duijie_request_seconds_count\{endpoint="web.health",status="200"\} (\S+)', answer.read().decode())
                counts.append(float(found[1]) if found else 0)
    assert counts[0] >= 21
    assert len(set(counts)) == 1
