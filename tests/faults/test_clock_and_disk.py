"""A clock that jumps by an hour and back; a disk that is full, or read-only, under a running web server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.escalation.models import Climb
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.mail.deliver import deliver
from portal.mail.models import OutboxMail
from tests.clients import TOKEN
from tests.conftest import SMALL, Clock, Templates, in_utc, make_settings, running
from tests.factories import Province, load_province
from tests.faults.load import SUBMISSION, Book, Officer
from tests.faults.place import until
from tests.faults.plant import GUNICORN, KEYS, Process
from tests.faults.seed import cookie_of
from tests.portal.mail_servers import free_port
from tests.portal.world import opened

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def test_a_clock_that_jumps_by_an_hour_climbs_nothing_twice_and_loses_no_mail(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    right, ahead = clock.set("2016-01-04 14:20"), in_utc("2016-01-04 15:20")
    assert len(sweep(db.sessionmaker, right).climbed) == 1
    assert len(sweep(db.sessionmaker, ahead).climbed) == 1, "an hour too early, which nobody can know"
    for at in (right, ahead):
        assert sweep(db.sessionmaker, at).climbed == []
    settings = app.extensions["settings"]
    deliver(session, settings, right)
    deliver(session, settings, ahead)
    deliver(session, settings, right)
    assert session.scalar(select(func.count(Climb.id))) == 2
    mails = session.scalars(select(OutboxMail)).all()
    assert all(mail.sent_at for mail in mails)
    assert len(list((settings.instance / "mail").glob("*.eml"))) == len(mails)


# The disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own for the instance folder, of 24 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "instance"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Process]:
    """One web server on the SQLite file of that folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environ = {**kept, **KEYS, "PORTAL_INSTANCE": str(folder), "PORTAL_BASE_URL": f"http://127.0.0.1:{port}"}
    command = ["-m", "gunicorn", *GUNICORN, "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    process = Process("web", [sys.executable, *command], environ, folder.parent / "portal.log")
    process.start()
    try:
        yield process
    finally:
        process.end()


def kept(page: str) -> dict[str, str]:
    """The fields that the page would send again."""
    return {name: unescape(value) for name, value in FIELD.findall(page)}


def fill_up(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)


@pytest.mark.xdist_group("faults")
def test_a_disk_that_is_full_or_read_only_loses_nothing_that_was_typed(small_disk: Path, templates: Templates) -> None:
    database, port = small_disk / "duijie.sqlite3", free_port()
    with templates.copy("sqlite", SMALL) as url:
        database.write_bytes(Path(url.removeprefix("sqlite:///")).read_bytes())
    settings = make_settings(f"sqlite:///{database}", small_disk, secret_key=KEYS["PORTAL_SECRET_KEY"], data_key=KEYS["PORTAL_DATA_KEY"])
    with running(settings) as app, app.app_context():
        province = load_province(db.session)
        number = opened(db.session, province.changyi, province.linjiang, in_utc("2026-01-05 09:00")).number
        cookie = cookie_of(app, province, 0)
        db.session.commit()
    officer = Officer("officer", [port], Book(), None, cookie=cookie, tickets=[number])  # type: ignore[arg-type]
    log = small_disk.parent / "portal.log"

    def send(fields: dict[str, str]) -> tuple[int, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": officer.cookie()}
        status, _headers, page = officer.ask("POST", f"/tickets/{number}/messages", urlencode(fields), headers)
        return status, page

    def typed(words: str) -> dict[str, str]:
        page = officer.get(f"/tickets/{number}")
        (token,), (key,) = TOKEN.findall(page)[:1], SUBMISSION.findall(page)[:1]
        return {"text": words, "to": "", "submission_key": unescape(key), "csrf_token": unescape(token)}

    def ready() -> str:
        return officer.ask("GET", "/readyz", None, {})[2]

    def alive() -> bool:
        return officer.ask("GET", "/healthz", None, {})[0] == 200

    with serving(small_disk, port):
        until(alive)
        full, later = typed("磁盘满时写的"), typed("只读时写的")
        filler = small_disk / "filler"
        fill_up(filler)
        answers = [send(full) for _ in range(2)]
        assert {status for status, _page in answers} == {503}
        assert kept(answers[0][1]).items() >= full.items()
        assert "disk is full" in log.read_text()
        assert "MiB left" in ready()
        filler.unlink()
        assert [send(kept(answers[0][1]))[0] for _ in range(2)] == [302, 302]
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with serving(small_disk, port):
        until(alive)
        status, page = send(later)
        assert status == 503
        assert kept(page).items() >= later.items()
        assert "cannot be written" in ready()
        assert officer.ask("GET", f"/tickets/{number}", None, {"Cookie": officer.cookie()})[0] in {200, 503}
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with serving(small_disk, port):
        until(alive)
        assert [send(kept(page))[0] for _ in range(2)] == [302, 302]
    assert "Traceback" not in log.read_text()
    with running(settings) as app, app.app_context():
        texts = db.session.scalars(text("SELECT text FROM entry WHERE kind = 'message'")).all()
        assert [each for each in texts if "时写的" in each] == ["磁盘满时写的", "只读时写的"]
