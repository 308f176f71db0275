"""A sweep or a delivery killed with `kill -9` at any instant: what it began is done once by the next, nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import ROOT
from portal.escalation.models import Climb, DigestLine
from portal.mail.models import MailState, OutboxMail
from portal.tickets.models import Entry
from tests.conftest import in_utc
from tests.factories import Province
from tests.portal.world import opened

TICKETS, KILLS = 40, 6
EACH = 8  # rungs of a silent unit two prefectures away: sign-for 0 to 3, answer 0 to 3


def run(app: Flask, *words: str, kill_after: float | None = None) -> None:
    """A command in a process of its own, killed after some seconds if it is still there."""
    settings = app.extensions["settings"]
    environ = {
        **os.environ,
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_INSTANCE": str(settings.instance),
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_DATA_KEY": settings.data_key,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "portal", *words],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
    )
    if kill_after is not None:
        time.sleep(kill_after)
        child.send_signal(signal.SIGKILL)
    child.wait(timeout=120)


def test_every_rung_is_climbed_once_and_every_mail_written_once(
    app: Flask, session: Session, province: Province
) -> None:
    chance = random.Random(2016)
    for _ in range(TICKETS):
        opened(session, province.changyi, province.linjiang, in_utc("2016-01-04 09:00"))
    for _ in range(KILLS):
        run(app, "sweep", "--at", "2016-02-01T09:00+08:00", kill_after=chance.uniform(0.7, 1.6))
        run(app, "deliver", kill_after=chance.uniform(0.7, 1.6))
    run(app, "sweep", "--at", "2016-02-01T09:00+08:00")
    run(app, "sweep", "--at", "2016-02-01T10:00+08:00")  # what a killed sweep was about to tell in one mail
    assert session.scalar(select(func.count(Climb.id))) == TICKETS * EACH
    assert session.scalar(select(func.count(Entry.id)).where(Entry.kind == "climbed")) == TICKETS * EACH
    assert session.scalar(select(func.count(DigestLine.id))) == 0
    _every_ticket_is_told(session, province)
    _all_mail_arrives(app, session)


def _every_ticket_is_told(session: Session, province: Province) -> None:
    """To each supervisor on the way, in a mail of its own or in one that lists several."""
    numbers = set(session.scalars(select(Entry.ticket_id).where(Entry.kind == "climbed")))
    assert len(numbers) == TICKETS
    for name in ("linjiang", "baishan", "corps"):
        mails = session.scalars(
            select(OutboxMail).where(OutboxMail.to_address == f"{name}.supervisor@ga.example")
        ).all()
        told = {
            serial for mail in mails for serial in range(1, TICKETS + 1) if f"XB2016-{serial:06}-" in mail.body_text
        }
        assert len(told) == TICKETS


def _all_mail_arrives(app: Flask, session: Session) -> None:
    """A mail in flight when its process died is sent again after its lease, under the same name, so that it is there once."""
    session.rollback()
    for mail in session.scalars(select(OutboxMail).where(OutboxMail.state == MailState.SENDING)):
        mail.next_try_at = mail.created_at  # its lease is over
    session.commit()
    run(app, "deliver")
    session.expire_all()
    sent = session.scalars(select(OutboxMail)).all()
    assert {mail.state for mail in sent} == {MailState.SENT}
    folder: Path = app.extensions["settings"].instance / "mail"
    ids = [message_from_bytes(path.read_bytes())["Message-ID"].strip("<>") for path in folder.glob("*.eml")]
    assert sorted(ids) == sorted(mail.message_id for mail in sent)
