"""A thousand mails, two workers at once, twenty of them killed at any instant: every mail arrives, and none as two."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.config import MailSettings, Settings
from portal.extensions import db
from portal.mail import deliver as delivery
from portal.mail import verdict
from portal.mail.models import DUE_STATES, MailState, OutboxMail
from tests.conftest import running
from tests.portal.mail_servers import Sink, sink

MAILS, KILLS, WORKERS = 1_000, 20, 2
PATIENCE = 2.0
"Seconds for one exchange with the server: on a busy machine a shorter time puts off, or doubles, what arrived."
LEASE, EXCHANGES, GAP = timedelta(seconds=4), 2, timedelta(seconds=2)
"Of the workers of this test, so that what a dead one held, or a slow server put off, is sent while we wait."
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["portal.app", "portal.mail.deliver"])


@dataclass
class SlowSink(Sink):
    """Takes a hundredth of a second over each message that it has already got: in this time it is in doubt."""

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.01)
        return answer


def work(settings: Settings) -> None:
    """What a worker does with the outbox, in a process of its own, until it is killed."""
    delivery.LEASE, delivery.EXCHANGES, verdict.GAPS = LEASE, EXCHANGES, (GAP,)
    with running(settings) as app, app.app_context():
        while True:
            delivery.deliver(db.session, settings, clock.now())
            time.sleep(0.02)


def started(settings: Settings) -> BaseProcess:
    process = PROCESSES.Process(target=work, args=(settings,), daemon=True)
    process.start()
    return process


@contextmanager
def workers(settings: Settings) -> Iterator[list[BaseProcess]]:
    crew = [started(settings) for _ in range(WORKERS)]
    try:
        yield crew
    finally:
        for each in crew:
            each.kill()
            each.join()


def queue(session: Session, over: timedelta = timedelta(0)) -> None:
    """A thousand mails, due one after the other within `over`."""
    now = clock.now()
    session.add_all(
        OutboxMail(message_id=f"{number:04d}.thousand@ga.example", kind="urge", to_address=f"desk{number}@ga.example",
                   to_name="临江市户政大厅", subject=f"[XB2016-000123-7] 催办：第{number}封", body_text="x", body_html="x",
                   created_at=now, next_try_at=now + over * number / MAILS)
        for number in range(MAILS)
    )  # fmt: skip
    session.commit()


def waiting(session: Session) -> int:
    count = session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.state.in_(DUE_STATES))) or 0
    session.rollback()  # on SQLite only one may write
    return count


@pytest.mark.xdist_group("thousand")
def test_none_is_missing_and_none_is_there_under_two_ids(app: Flask, session: Session) -> None:
    queue(session)
    with sink(handler=SlowSink()) as server:
        mail = MailSettings(server="127.0.0.1", port=server.port, timeout=PATIENCE)
        deliver_among_kills(session, replace(app.extensions["settings"], mail=mail))
    rows = {row.to_address: row for row in session.scalars(select(OutboxMail))}
    assert {row.state for row in rows.values()} == {MailState.SENT}
    _each_arrived_under_its_own_id(server, rows)
    doubled = {name for name, count in Counter(server.ids).items() if count > 1}
    assert len(server.ids) - MAILS <= KILLS, "at most the one mail in flight of each that was killed"
    assert all(row.attempts > 1 for row in rows.values() if row.message_id in doubled)


def deliver_among_kills(session: Session, settings: Settings) -> None:
    """Two workers, of whom one is killed at a random instant and replaced, twenty times; then to the end."""
    chance = random.Random(2016)
    with workers(settings) as crew:
        for _kill in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.4))
            victim = chance.randrange(WORKERS)
            os.kill(crew[victim].pid or 0, signal.SIGKILL)
            crew[victim].join()
            crew[victim] = started(settings)
        assert waiting(session), "the kills came while there was something to send"
        _wait_until_all_is_sent(session)
    session.expire_all()


def _wait_until_all_is_sent(session: Session) -> None:
    deadline = time.monotonic() + 90
    while waiting(session):
        assert time.monotonic() < deadline, f"{waiting(session)} mails are still waiting"
        time.sleep(0.2)


def _each_arrived_under_its_own_id(server: Sink, rows: dict[str, OutboxMail]) -> None:
    arrived: dict[str, set[str]] = {}
    for message, (_sender, recipients) in zip(server.messages, server.envelopes, strict=True):
        arrived.setdefault(recipients[0], set()).add(str(message["Message-ID"]).strip("<>"))
    assert arrived == {address: {row.message_id} for address, row in rows.items()}
