"""The mailbox behind a real IMAP server: read once, put away, and nothing of it lost when it goes wrong."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from imap_tools import MailBoxUnencrypted
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import MailSettings, Settings
from portal.correspondence.mailbox import FILED_FOLDER, REVIEW_FOLDER, NotRead, ReceivingReport, receive_all
from portal.correspondence.models import Effect, IncomingMail
from portal.correspondence.receiving import receive
from portal.mail.models import OutboxMail
from tests.conftest import Clock
from tests.portal.mail_servers import faulty, free_port
from tests.portal.test_receiving import bounce, desk, mail, reply  # noqa: F401  fixtures

USER, PASSWORD = "demouser", "demopass"


@dataclass
class Imap:
    port: int

    def opened(self, folder: str = "INBOX") -> MailBoxUnencrypted:
        box = MailBoxUnencrypted("127.0.0.1", self.port)
        box.login(USER, PASSWORD, initial_folder=folder)
        return box

    def put(self, *messages: bytes) -> None:
        with self.opened() as box:
            for each in messages:
                box.append(each, "INBOX")

    def count(self, folder: str = "INBOX") -> int:
        with self.opened() as box:
            if not box.folder.exists(folder):
                return 0
            box.folder.set(folder)
            return len(box.uids())

    @property
    def url(self) -> str:
        return f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/INBOX"


@pytest.fixture
def imap() -> Iterator[Imap]:
    """A server with an empty mailbox."""
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    start = "import sys; from pymap.main import main; sys.exit(main())"
    server = subprocess.Popen([sys.executable, "-c", start, *words], stderr=subprocess.DEVNULL)
    try:
        made = Imap(port)
        _wait_for(made)
        with made.opened() as box:
            box.delete(box.uids())
        yield made
    finally:
        server.kill()
        server.wait()


def _wait_for(server: Imap) -> None:
    for _ in range(100):
        try:
            with server.opened():
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the IMAP server did not start")


def settings_for(app: Flask, url: str, **others: object) -> Settings:
    return replace(app.extensions["settings"], mail=MailSettings(imap_url=url, **others))  # type: ignore[arg-type]


def test_each_message_has_its_effect_and_its_folder(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    imap: Imap,
    clock: Clock,
) -> None:
    imap.put(
        reply(mail, "已收到，今日办理。"),
        bounce(mail),
        b"\xff\xfe no mail at all",
        reply(mail, "？", sender="x@y.example"),
    )
    settings = settings_for(app, imap.url, replies=True)
    report = receive_all(session, settings, clock.now)
    assert report == ReceivingReport(read=4, bounced=1, entered=1, filed=0, kept=2)
    assert (imap.count(), imap.count(FILED_FOLDER), imap.count(REVIEW_FOLDER)) == (0, 2, 2)
    assert receive_all(session, settings, clock.now) == ReceivingReport()


def test_what_was_done_before_the_worker_was_killed_is_not_done_again(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    imap: Imap,
    clock: Clock,
) -> None:
    imap.put(reply(mail, "已收到"))
    settings = settings_for(app, imap.url, replies=True)
    with imap.opened() as box:
        uid = box.uids()[0]
        _status, data = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    receive(session, data[0][1], settings, clock.now)
    session.commit()
    assert receive_all(session, settings, clock.now).entered == 1
    assert session.scalar(select(func.count(IncomingMail.id)).where(IncomingMail.effect == Effect.ENTERED)) == 1
    assert imap.count() == 0


def test_a_message_over_which_the_portal_fails_is_kept_and_the_next_ones_go_on(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    imap: Imap,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr("portal.correspondence.receiving.enter_reply", fails)
    imap.put(reply(mail, "已收到"), bounce(mail))
    report = receive_all(session, settings_for(app, imap.url, replies=True), clock.now)
    assert (report.bounced, report.kept) == (1, 1)
    assert session.scalars(select(IncomingMail.reason)).first() == "fault"


@pytest.mark.parametrize("url", ["imap://demouser:wrong@127.0.0.1:{port}/INBOX", "imap://a:b@127.0.0.1:1/INBOX"])
def test_a_mailbox_that_cannot_be_opened_is_told_without_its_password(
    session: Session, app: Flask, imap: Imap, clock: Clock, url: str
) -> None:
    with pytest.raises(NotRead) as told:
        receive_all(session, settings_for(app, url.format(port=imap.port)), clock.now)
    assert "wrong" not in str(told.value)


def test_a_server_that_says_nothing_is_given_up(
    session: Session, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.correspondence.mailbox.TIMEOUT", 0.3)
    with faulty("connect", "hang") as server, pytest.raises(NotRead):
        receive_all(session, settings_for(app, f"imap://a:b@127.0.0.1:{server.port}/INBOX"), clock.now)
