"""The web server killed with `kill -9` in the middle of 200 POSTs: repeated with the same keys they open 200 tickets."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actions import add_token
from portal.config import ROOT
from portal.tickets.models import Ticket
from portal.web.actor import PORTAL
from tests.factories import Province
from tests.portal.mail_servers import free_port

POSTS, BEFORE_THE_KILL, AT_ONCE = 200, 60, 8


class Web:
    """The real web server, two processes of two threads, as `portal start` runs it."""

    def __init__(self, app: Flask, port: int, **others: str) -> None:
        settings = app.extensions["settings"]
        environ = {
            **os.environ,
            "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_INSTANCE": str(settings.instance),
            "PORTAL_SECRET_KEY": settings.secret_key,
            "PORTAL_DATA_KEY": settings.data_key,
            "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
            "PORTAL_API_CALLS": "0",
            **others,
        }
        options = ["--workers", "2", "--threads", "2", "--worker-class", "gthread", "--preload", "--log-level", "critical"]
        command = [sys.executable, "-m", "gunicorn", *options, "--bind", f"127.0.0.1:{port}", "wsgi:app"]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True)
        self._wait()

    def kill(self) -> None:
        """All its processes at once, wherever they are."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):  # noqa: S310  our own address
                    return
            except OSError:
                assert time.monotonic() < end, "the web server does not come up"
                time.sleep(0.1)


def post(url: str, token: str, key: str, registry: str) -> str | None:
    """The number of the ticket, or None where no answer came."""
    body = json.dumps({"procedure": "enquiry", "registry": registry, "message": f"请核对底档 {key}。"}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    asked = urllib.request.Request(f"{url}/api/v1/tickets", body, headers)  # noqa: S310
    with suppress(OSError, ValueError), urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
        return str(told["number"])
    return None


def test_a_server_killed_in_the_middle_of_200_posts_opens_200_tickets_when_they_are_sent_again(
    app: Flask, session: Session, province: Province
) -> None:
    _token, token = add_token(session, PORTAL, province.changyi.code, "受理系统", clock.now())
    registry = province.linjiang.code
    session.commit()
    keys, port = [f"SL-{number}" for number in range(POSTS)], free_port()
    answers: list[str] = []

    def send(key: str) -> str | None:
        number = post(web.url, token, key, registry)
        if number:
            answers.append(number)
        return number

    web = Web(app, port)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = [pool.submit(send, key) for key in keys]
        while len(answers) < BEFORE_THE_KILL:
            assert not all(one.done() for one in first)
            time.sleep(0.005)
        web.kill()
    before = {key: number for key, one in zip(keys, first, strict=True) if (number := one.result())}
    assert BEFORE_THE_KILL <= len(before) < POSTS, "some were answered, and some were not"
    web = Web(app, port)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            numbers = [*pool.map(send, keys)]
    finally:
        web.kill()
    assert len(set(numbers)) == POSTS
    assert None not in numbers
    assert {key: number for key, number in zip(keys, numbers, strict=True) if key in before} == before
    assert session.scalar(select(func.count()).select_from(Ticket)) == POSTS
