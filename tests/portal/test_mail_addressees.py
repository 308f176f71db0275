"""To whom mail goes in the end: who stands in, who is mailed no more, and how much one address gets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.corrections import disown, open_below
from directory.edition import NUMBER
from directory.models import Contact, ContactRole, ContactState, CorrectionKind
from directory.reach import Recipient
from portal.config import MailSettings, Settings
from portal.mail.compose import post
from portal.mail.deliver import DeliveryReport, deliver
from portal.mail.letter import Letter, Why
from portal.mail.message import Mailbox, message_of
from portal.mail.models import MailState, OutboxMail
from portal.mail.signing import Signer
from portal.mail.tokens import ReturnAddress, Returned, Way
from tests.conftest import in_utc
from tests.factories import Province, make_contact
from tests.portal.mail_servers import Sink, parsed, sink
from tests.portal.test_mail_compose import item

AT = in_utc("2016-01-06 09:00")
GONE = "550 5.1.1 no such user"


@pytest.fixture
def settings_for(app: Flask) -> Callable[..., Settings]:
    def make(server: Sink, **others: object) -> Settings:
        mail = MailSettings(server="127.0.0.1", port=server.port, timeout=2, **others)  # type: ignore[arg-type]
        return replace(app.extensions["settings"], mail=mail)

    return make


def written_to(session: Session, contact: Contact, why: Why, kind: str = "escalation", **others: object) -> OutboxMail:
    recipient = Recipient(contact.email or "", contact.name, contact.language, contact.unit_code, contact.id)
    number = "XB2016-000123-7"
    mail = post(session, Letter(kind, recipient, [item()], number, why=why, unit=contact.unit.name, **others), AT)  # type: ignore[arg-type]
    session.commit()
    return mail


def people(session: Session, province: Province, role: ContactRole, *addresses: str) -> list[Contact]:
    """Contacts of Linjiang's hall in the order of calling, before those whom every unit of the factories has."""
    return [
        make_contact(session, province.linjiang, role, rank=rank - 10, name=address, email=f"{address}@ga.example")
        for rank, address in enumerate(addresses)
    ]


def outcome(session: Session) -> dict[str, str]:
    session.expire_all()
    return {mail.to_address.split("@")[0]: str(mail.state) for mail in session.scalars(select(OutboxMail))}


# --- what is learnt of an address ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivered", "bounced", "noted"),
    [
        (None, None, True),
        (timedelta(hours=23), None, False),
        (timedelta(hours=25), None, True),
        (timedelta(hours=2), timedelta(hours=1), True),
        (timedelta(hours=1), timedelta(hours=2), False),
        (timedelta(hours=-1), None, True),
    ],
)
def test_that_an_address_takes_mail_is_noted_once_a_day_and_after_each_bounce(
    session: Session, province: Province, settings_for: Callable[..., Settings],
    delivered: timedelta | None, bounced: timedelta | None, noted: bool,
) -> None:  # fmt: skip
    (contact,) = people(session, province, ContactRole.DESK, "first")
    written_to(session, contact, Why.DESK)
    contact.delivered_at = before = AT - delivered if delivered is not None else None
    contact.bounced_at = AT - bounced if bounced is not None else None
    session.commit()
    edition = session.scalar(NUMBER)
    session.rollback()
    with sink() as server:
        assert deliver(session, settings_for(server), AT).sent == 1
    session.expire_all()
    assert contact.delivered_at == (AT if noted else before)
    assert (session.scalar(NUMBER) != edition) is noted, "whoever keeps the directory reads it anew"


# --- who stands in ----------------------------------------------------------------------------------------------------


def test_a_refused_address_is_passed_on_until_somebody_is_reached(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    first, second, third = people(session, province, ContactRole.DESK, "first", "second", "third")
    third.language = "en"
    written_to(session, first, Why.DESK, "arrival")
    with sink(replies={"first@ga.example": GONE, "second@ga.example": GONE}) as server:
        report = deliver(session, settings_for(server), AT)
    assert outcome(session) == {"first": "redirected", "second": "redirected", "third": "sent"}
    assert report == DeliveryReport(sent=1, failed=2)
    assert [first.state, second.state, third.state] == [ContactState.BOUNCING] * 2 + [ContactState.CONFIRMED]
    assert server.messages[0]["Subject"].startswith("[XB2016-000123-7] New task")
    raised = session.scalars(open_below(province.corps.code)).all()
    assert {(each.contact_id, each.kind, each.text) for each in raised} == {
        (first.id, CorrectionKind.BOUNCED, GONE),
        (second.id, CorrectionKind.BOUNCED, GONE),
    }


def test_a_chain_of_dead_addresses_ends(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    contacts = session.scalars(select(Contact).where(Contact.unit_code == province.linjiang.code)).all()
    supervisor = next(each for each in contacts if each.role is ContactRole.SUPERVISOR)
    written_to(session, supervisor, Why.SUPERVISOR)
    with sink(replies={str(each.email): GONE for each in contacts}) as server:
        deliver(session, settings_for(server), AT)
        assert deliver(session, settings_for(server), AT + timedelta(days=1)) == DeliveryReport()
    states = list(outcome(session).values())
    assert states[-1] == "failed"
    assert set(states[:-1]) <= {"redirected"}


def test_whoever_has_the_same_mail_already_does_not_stand_in(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    one, two = people(session, province, ContactRole.SUPERVISOR, "one", "two")
    for each in (one, two):
        written_to(session, each, Why.SUPERVISOR)
    with sink(replies={"one@ga.example": GONE}) as server:
        deliver(session, settings_for(server), AT)
    told = outcome(session)
    assert told.pop("two") == "sent"
    assert "two@ga.example" not in [recipients[0] for _sender, recipients in server.envelopes][1:]
    assert len(server.envelopes) == len({recipients[0] for _sender, recipients in server.envelopes})


def test_a_refusal_that_is_not_about_the_address_is_nobody_elses_mail(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    first, _second = people(session, province, ContactRole.DESK, "first", "second")
    written_to(session, first, Why.DESK, "arrival")
    with sink(dot="554 5.7.1 looks like spam") as server:
        deliver(session, settings_for(server), AT)
    assert outcome(session) == {"first": "failed"}
    assert first.state is ContactState.CONFIRMED


def test_a_mail_kept_by_an_older_version_fails_without_a_stand_in(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    first, _second = people(session, province, ContactRole.DESK, "first", "second")
    written_to(session, first, Why.DESK, "arrival").letter = {}
    with sink(replies={"first@ga.example": GONE}) as server:
        deliver(session, settings_for(server), AT)
    assert outcome(session) == {"first": "failed"}


# --- what became known since it was written ---------------------------------------------------------------------------


def test_who_is_no_longer_there_gets_nothing_that_was_still_waiting(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    first, _second = people(session, province, ContactRole.DESK, "first", "second")
    written_to(session, first, Why.DESK, "arrival")
    disown(session, first, "", AT)
    with sink() as server:
        deliver(session, settings_for(server), AT)
    assert outcome(session) == {"first": "redirected", "second": "sent"}


def test_mail_follows_a_contact_to_a_new_address(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    _before, moved = people(session, province, ContactRole.DESK, "before", "moved")
    written_to(session, moved, Why.DESK, "arrival")
    moved.email = "new@ga.example"
    with sink() as server:
        deliver(session, settings_for(server), AT)
    assert outcome(session) == {"moved": "redirected", "new": "sent"}


def test_with_nobody_to_stand_in_it_is_suppressed_and_says_why(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    contacts = session.scalars(select(Contact).where(Contact.unit_code == province.linjiang.code)).all()
    for each in contacts:
        each.state = ContactState.RETIRED
    mail = written_to(session, contacts[0], Why.DESK, "arrival")
    with sink() as server:
        deliver(session, settings_for(server), AT)
    assert not server.messages
    session.expire_all()
    assert (mail.state, mail.server_reply) == (MailState.SUPPRESSED, "the contact is retired")


# --- how much ---------------------------------------------------------------------------------------------------------


def many(session: Session, count: int, address: str = "a@ga.example") -> None:
    session.add_all(
        OutboxMail(message_id=f"{number}.{address}", kind="urge", to_address=address, subject="x", body_text="x",
                   body_html="x", created_at=AT, next_try_at=AT)
        for number in range(count)
    )  # fmt: skip
    session.commit()


def test_one_address_gets_so_many_an_hour_and_the_rest_later(
    session: Session, settings_for: Callable[..., Settings]
) -> None:
    many(session, 30)
    many(session, 2, "b@ga.example")
    with sink() as server:
        settings = settings_for(server, per_recipient=10)
        assert deliver(session, settings, AT) == DeliveryReport(sent=12, deferred=20)
        assert deliver(session, settings, AT + timedelta(minutes=30)) == DeliveryReport()
        deliver(session, settings, AT + timedelta(minutes=62))
        assert len(server.messages) == 22
        deliver(session, settings, AT + timedelta(minutes=130))
        assert len(set(server.ids)) == len(server.ids) == 32


def test_waiting_for_its_turn_counts_as_no_attempt(session: Session, settings_for: Callable[..., Settings]) -> None:
    many(session, 3)
    with sink() as server:
        deliver(session, settings_for(server, per_recipient=1), AT)
    session.expire_all()
    waiting = session.scalars(select(OutboxMail).where(OutboxMail.state == MailState.DEFERRED)).all()
    assert [(mail.attempts, mail.first_try_at, mail.lease) for mail in waiting] == [(0, None, None)] * 2
    assert "waits" in waiting[0].server_reply


def test_so_many_a_minute_go_in_all(session: Session, settings_for: Callable[..., Settings]) -> None:
    many(session, 40)
    with sink() as server:
        settings = settings_for(server, per_minute=15)
        for minute, expected in enumerate((15, 30, 40)):
            deliver(session, settings, AT + timedelta(seconds=61 * minute), stopwatch=lambda: 0)
            assert len(server.messages) == expected


# --- how it can come back, and that it is ours ------------------------------------------------------------------------


def test_the_return_path_says_which_mail_it_was_and_the_reply_address_only_where_replies_are_read(
    session: Session, province: Province, settings_for: Callable[..., Settings]
) -> None:
    (first,) = people(session, province, ContactRole.DESK, "first")
    mails = [written_to(session, first, Why.DESK, "arrival") for _ in range(2)]
    with sink() as server:
        deliver(session, settings_for(server), AT, 1)
        deliver(session, settings_for(server, replies=True, mailbox="box@duijie.example", separator="-"), AT, 1)
    assert server.envelopes[0][0] == f"duijie+b{mails[0].token}@ga.example"
    assert server.messages[0]["Reply-To"] is None
    assert server.envelopes[1][0] == f"box-b{mails[1].token}@duijie.example"
    assert server.messages[1]["Reply-To"] == f"box-r{mails[1].token}@duijie.example"


def test_a_provider_without_sub_addresses_gets_the_mailbox_alone(
    session: Session, settings_for: Callable[..., Settings]
) -> None:
    many(session, 1)
    with sink() as server:
        deliver(session, settings_for(server, separator=""), AT)
    assert server.envelopes == [("duijie@ga.example", ["a@ga.example"])]


@given(st.from_regex(r"[0-9a-f]{20}", fullmatch=True), st.sampled_from(Way), st.booleans())
def test_a_token_comes_back_from_the_address_made_with_it(token: str, way: Way, shout: bool) -> None:
    ours = ReturnAddress("Duijie@ga.example")
    address = ours.of(way, token)
    assert ours.read(["x@y", address.upper() if shout else address]) == Returned(way, token)
    assert ReturnAddress("other@ga.example").read([address]) is None
    assert ReturnAddress("duijie@ga.example", "").read([address]) is None


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_a_mail_is_signed_with_the_domains_key(session: Session, key: rsa.RSAPrivateKey, app: Flask) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    many(session, 1)
    mail = session.scalars(select(OutboxMail)).one()
    with sink() as server:
        mail_settings = MailSettings(server="127.0.0.1", port=server.port, dkim_key=private.decode(), timeout=2)
        deliver(session, replace(app.extensions["settings"], mail=mail_settings), AT)
    assert server.messages[0]["DKIM-Signature"]
    signer = Signer.of(mail_settings, "ga.example")
    assert signer is not None
    signed = signer.sign(message_of(mail, Mailbox.parse("对接, 平台 <duijie@ga.example>")).as_bytes())
    assert dkim.verify(signed, dnsfunc=dns)
    assert not dkim.verify(signed.replace(b"Subject: x", b"Subject: y"), dnsfunc=dns)
    assert asked[0] == b"duijie._domainkey.ga.example."
    assert parsed(signed)["From"].addresses[0].display_name == "对接, 平台"


def test_a_key_that_is_none_sends_nothing_and_loses_nothing(
    session: Session, settings_for: Callable[..., Settings]
) -> None:
    many(session, 3)
    with sink() as server:
        assert deliver(session, settings_for(server, dkim_key="no key"), AT) == DeliveryReport(deferred=3)
        assert deliver(session, settings_for(server), AT + timedelta(minutes=2)) == DeliveryReport(sent=3)
