"""Delivery to Debian's Postfix: what it takes arrives under its own id, what it refuses is known, nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import ContactRole, ContactState, Correction
from portal import clock
from portal.config import MailSettings, Settings
from portal.mail.deliver import DeliveryReport, deliver
from portal.mail.models import MailState, OutboxMail
from tests.factories import Province, make_contact
from tests.portal.postfix import Postfix, postfix
from tests.portal.test_mail_thousand import KILLS, MAILS, deliver_among_kills, queue

pytestmark = pytest.mark.xdist_group("thousand")


@pytest.fixture
def server() -> Iterator[Postfix]:
    """Not below pytest's own folders: another run, when it starts, closes them to the users that Postfix works as."""
    with TemporaryDirectory(prefix="duijie-postfix-") as place, postfix(Path(place)) as running:
        yield running


def settings_for(app: Flask, server: Postfix, **others: object) -> Settings:
    mail = MailSettings(server="127.0.0.1", port=server.port, timeout=2, **others)  # type: ignore[arg-type]
    return replace(app.extensions["settings"], mail=mail)


def mail_to(session: Session, *addresses: str, **others: object) -> list[OutboxMail]:
    now = clock.now()
    mails = [
        OutboxMail(message_id=f"{number}.postfix@ga.example", kind="urge", to_address=address, to_name="临江市户政大厅，窗口",
                   subject="[XB2016-000123-7] 催办：核验签发", body_text="请答复。", body_html="<p>请答复。</p>", created_at=now,
                   next_try_at=now, **others)
        for number, address in enumerate(addresses)
    ]  # fmt: skip
    session.add_all(mails)
    session.commit()
    return mails


def test_a_thousand_mails_among_twenty_kills_arrive_once_each(app: Flask, session: Session, server: Postfix) -> None:
    queue(session, over=timedelta(seconds=14))
    deliver_among_kills(session, settings_for(app, server))
    arrived = Counter(str(message["Message-ID"]).strip("<>") for message in server.wait_for(MAILS))
    rows = session.scalars(select(OutboxMail)).all()
    assert {row.state for row in rows} == {MailState.SENT}
    assert set(arrived) == {row.message_id for row in rows}
    assert arrived.total() - MAILS <= KILLS


def test_an_unknown_recipient_bounces_the_contact_and_the_connection_goes_on(
    app: Flask, session: Session, province: Province, server: Postfix
) -> None:
    gone = make_contact(session, province.linjiang, ContactRole.DESK, rank=0, email="gone@ga.example")
    session.flush()
    first, second = mail_to(session, "gone@ga.example", "desk2@ga.example")
    first.contact_id = gone.id
    session.commit()
    assert deliver(session, settings_for(app, server), clock.now()) == DeliveryReport(sent=1, failed=1)
    session.expire_all()
    assert (first.state, second.state) == (MailState.FAILED, MailState.SENT)
    assert "User unknown" in first.server_reply
    assert gone.state is ContactState.BOUNCING
    assert session.scalars(select(Correction)).one().contact_id == gone.id
    (message,) = server.wait_for(1)
    assert message["Subject"] == "[XB2016-000123-7] 催办：核验签发"
    assert message["To"].addresses[0].display_name == "临江市户政大厅，窗口"
    assert message["Return-Path"] == f"<duijie+b{second.token}@ga.example>"


def test_a_server_that_is_stopped_in_the_middle_loses_nothing(app: Flask, session: Session, server: Postfix) -> None:
    mail_to(session, *(f"desk{number}@ga.example" for number in range(60)))
    settings, now = settings_for(app, server), clock.now()
    assert deliver(session, settings, now, 20).sent == 20
    server.stop()
    assert deliver(session, settings, now) == DeliveryReport(deferred=40)
    server.start()
    assert deliver(session, settings, now + timedelta(minutes=2)).sent == 40
    assert len({message["Message-ID"] for message in server.wait_for(60)}) == 60
