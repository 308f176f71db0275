"""Every real-shaped message that the rules are tested with has the right effect on rows, contacts and tickets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Contact, ContactState
from portal.correspondence.models import Effect, IncomingMail
from portal.correspondence.receiving import receive
from portal.mail.message import Mailbox, message_of
from portal.mail.models import MailState, OutboxMail
from portal.mail.tokens import Way
from portal.tickets.models import Entry
from tests.conftest import Clock
from tests.portal.test_receiving import BACK, desk, mail, with_mail  # noqa: F401  fixtures
from tests.rules import incoming_samples as samples

Sample = Callable[..., bytes]
WRITER = "wang@ga.example"
NOT_FROM_THE_WRITER = {samples.forged_from, samples.two_senders}
LEFT_FULL = {samples.mailbox_full, samples.netease_126_full}


def come(session: Session, app: Flask, mail: OutboxMail, sample: Sample, way: Way, at: Clock) -> IncomingMail:  # noqa: F811
    """The sample as an answer to this mail, to the address that its way back has."""
    original = message_of(mail, Mailbox("对接", "duijie@ga.example")).as_bytes()
    raw = sample(BACK.of(way, mail.token), WRITER, original)
    incoming = receive(session, raw, with_mail(app, replies=True), at.now)
    session.commit()
    session.expire_all()
    return incoming


def messages(session: Session) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.kind == "message", Entry.text != "请协助核对。")))


@pytest.mark.parametrize("sample", samples.FROM_PEOPLE, ids=lambda sample: sample.__name__)
def test_what_a_person_wrote_is_on_the_ticket_without_the_quote_and_answers_nothing(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    sample: Sample,
    clock: Clock,
) -> None:
    incoming = come(session, app, mail, sample, Way.REPLY, clock)
    entered = messages(session)
    if sample in NOT_FROM_THE_WRITER:
        assert (incoming.effect, entered) == (Effect.KEPT, [])
        return
    assert incoming.effect in {Effect.ENTERED, Effect.KEPT, Effect.FILED}
    assert len(entered) == (incoming.effect is Effect.ENTERED)
    for entry in entered:
        assert "\x00" not in entry.text
        assert mail.body_text.splitlines()[0] not in entry.text, "the quoted mail"
    if sample in samples.REPLIES:
        assert entered[0].text.startswith(samples.ANSWER)
    if sample is samples.gb2312_that_holds_gb18030:
        assert entered[0].text == "李镕𠮷的照片清晰，今日签发。"


@pytest.mark.parametrize("sample", samples.BOUNCES, ids=lambda sample: sample.__name__)
def test_a_bounce_in_any_shape_touches_the_row_and_the_contact_and_causes_no_mail(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    desk: Contact,  # noqa: F811
    sample: Sample,
    clock: Clock,
) -> None:
    before = session.scalars(select(OutboxMail.id)).all()
    incoming = come(session, app, mail, sample, Way.BOUNCE, clock)
    assert incoming.effect is Effect.BOUNCED
    assert (mail.state, mail.bounced_at) == (MailState.FAILED, clock.now)
    expected = {ContactState.SUSPECT, ContactState.BOUNCING} - (
        {ContactState.BOUNCING} if sample in LEFT_FULL else set()
    )
    assert desk.state in expected
    assert session.scalars(select(OutboxMail.id)).all() == before


@pytest.mark.parametrize(
    "sample", [*samples.AUTOMATIC, *samples.LOOPS, *samples.DELAYS], ids=lambda sample: sample.__name__
)
@pytest.mark.parametrize("way", list(Way))
def test_what_a_machine_wrote_is_filed_and_changes_nothing(
    session: Session,
    app: Flask,
    mail: OutboxMail,  # noqa: F811
    desk: Contact,  # noqa: F811
    sample: Sample,
    way: Way,
    clock: Clock,
) -> None:
    before = session.scalars(select(OutboxMail.id)).all()
    clock.move(minutes=1)
    incoming = come(session, app, mail, sample, way, clock)
    assert (incoming.effect, messages(session)) == (Effect.FILED, [])
    assert (mail.state, desk.state) == (MailState.SENT, ContactState.CONFIRMED)
    assert session.scalars(select(OutboxMail.id)).all() == before
    assert incoming.received_at - mail.created_at == timedelta(minutes=1)
