"""What is in the outbox arrives: once where the server answers, never not at all, and what it says is kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from flask_mail import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole, ContactState, UnitKind
from portal.config import MailSettings, Settings
from portal.extensions import db
from portal.mail import connection, queries
from portal.mail import deliver as delivery
from portal.mail.connection import Connection, PartlyRefused
from portal.mail.deliver import BATCH, LEASE, DeliveryReport
from portal.mail.host import _closed
from portal.mail.message import CONTROL, Mailbox, Message, message_of
from portal.mail.models import DUE_STATES, IS_DUE, MailState, OutboxMail
from portal.mail.queries import OutboxFilter
from portal.mail.verdict import GAPS, Stage, gap, of_refusal
from tests.factories import make_contact, make_unit
from tests.portal.mail_servers import faulty, free_port, parsed, sink
from tests.portal.pages import asked_of_the_database

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2016, 1, 6, 1, 0, tzinfo=UTC)
SENDER = "对接, 平台 <duijie@ga.example>"
TIMEOUT = 0.4
"Seconds, of a server that answers nothing."
PATIENT = 10.0
"Of one that answers, however busy the machine is on which both run."
deliver = partial(delivery.deliver, stopwatch=lambda: 0.0)
"A round takes no time, unless a test has a watch of its own: what is written down is then known to the second."


@pytest.fixture
def contact(session: Session) -> Contact:
    hall = make_unit(session, "220681000000", UnitKind.HALL, None, "临江市户政大厅")
    made = make_contact(session, hall, ContactRole.SUPERVISOR, name="王小明", email="wang@ga.example")
    session.commit()
    return made


@pytest.fixture
def own_settings(app: Flask) -> Settings:
    settings = app.extensions["settings"]
    assert isinstance(settings, Settings)
    return settings


def with_server(settings: Settings, port: int, **others: object) -> Settings:
    given = {"server": "127.0.0.1", "port": port, "default_sender": SENDER, "timeout": PATIENT, **others}
    return replace(settings, mail=MailSettings(**given))  # type: ignore[arg-type]


def queue(session: Session, count: int = 1, **others: object) -> list[OutboxMail]:
    """Mails in the outbox, committed, due at AT."""
    first = session.scalar(select(func.count(OutboxMail.id))) or 0
    mails = [OutboxMail(**{**_given(number), **others}) for number in range(first + 1, first + count + 1)]
    session.add_all(mails)
    session.commit()
    return mails


def _given(number: int) -> dict[str, object]:
    return {
        "message_id": f"{number:04d}.test@ga.example",
        "kind": "urge",
        "to_address": f"desk{number}@ga.example",
        "to_name": "临江市户政大厅，窗口",
        "subject": f"[XB2016-000123-7] 催办：第{number}封",
        "body_text": "请在到期前答复。\n",
        "body_html": "<p>请在到期前答复。</p>",
        "headers": {"Auto-Submitted": "auto-generated"},
        "created_at": AT,
        "next_try_at": AT,
    }


def states(session: Session) -> Counter[str]:
    session.expire_all()
    return Counter(session.scalars(select(OutboxMail.state)))


# --- what the server says ---------------------------------------------------------------------------------------------


def test_a_mail_that_the_server_takes_is_sent_and_tells_the_contact(
    session: Session, own_settings: Settings, contact: Contact
) -> None:
    (mail,) = queue(session, contact_id=contact.id, to_address="wang@ga.example", to_name="王小明, 所长 (代)")
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert report.to_dict() == {"sent": 1, "deferred": 0, "failed": 0, "unknown": 0}
    assert (mail.state, mail.sent_at, mail.lease, mail.attempts) == ("sent", AT, None, 1)
    assert mail.server_reply == "250 2.0.0 Ok: queued as 4F2A"
    assert (contact.delivered_at, contact.state) == (AT, ContactState.CONFIRMED)
    assert server.envelopes == [(f"duijie+b{mail.token}@ga.example", ["wang@ga.example"])]


def test_chinese_names_and_subjects_and_commas_survive(session: Session, own_settings: Settings) -> None:
    long_name = '吉林省公安厅治安警察总队户政管理支队居民身份证异地受理工作协调, (代) "甲"'
    queue(
        session,
        to_name=long_name,
        subject="[XB2016-000123-7] 督办（第2级）：" + "临江市户政大厅逾期未办结“核验签发”，" * 5,
    )
    with sink() as server:
        deliver(session, with_server(own_settings, server.port), AT)
    (message,) = server.messages
    (sender,), (to,) = message["From"].addresses, message["To"].addresses
    assert (sender.display_name, sender.addr_spec) == ("对接, 平台", "duijie@ga.example")
    # the standard library's reader leaves a blank where a long name was folded, which RFC 2047 forbids
    assert to.display_name.replace(" ", "") == long_name.replace(" ", "")
    assert to.addr_spec == "desk1@ga.example"
    assert message["Subject"] == "[XB2016-000123-7] 督办（第2级）：" + "临江市户政大厅逾期未办结“核验签发”，" * 5
    assert message["Message-ID"] == "<0001.test@ga.example>"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "zh-CN"
    plain, html = message.iter_parts()
    assert plain.get_content() == "请在到期前答复。\n"
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>请在到期前答复。</p>")


@pytest.mark.parametrize(
    "name",
    ["Duijie, Portal", "对接", 'A "B" C', "=?utf-8?b?5byg?=", "x" * 90, "a, b; c: <d> (e) @f", "王\r\nBcc: x@y.cn", ""],
)
def test_a_name_is_shown_as_it_is_and_adds_no_header(name: str) -> None:
    message = parsed(letter(to=[Mailbox(name, "a@ga.example")]).as_bytes())
    (to,) = message["To"].addresses
    assert (to.display_name, to.addr_spec) == (" ".join(name.split()), "a@ga.example")
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("duijie@ga.example", Mailbox("", "duijie@ga.example")),
        ("Duijie, Portal <duijie@ga.example>", Mailbox("Duijie, Portal", "duijie@ga.example")),
        ('"Duijie, Portal" <duijie@ga.example>', Mailbox("Duijie, Portal", "duijie@ga.example")),
    ],
)
def test_a_sender_may_have_a_comma(text: str, mailbox: Mailbox) -> None:
    assert Mailbox.parse(text) == mailbox


@pytest.mark.parametrize(
    ("reply", "state", "contact_state"),
    [
        ("451 4.3.0 try again later", "deferred", "confirmed"),
        ("450 greylisted", "deferred", "confirmed"),
        ("550 5.1.1 no such user", "failed", "bouncing"),
        ("550 no such user", "failed", "bouncing"),
        ("552 5.2.2 mailbox full", "failed", "bouncing"),
        ("554 5.7.1 relay access denied", "failed", "confirmed"),
    ],
)
def test_a_recipient_that_is_refused(
    session: Session, own_settings: Settings, contact: Contact, reply: str, state: str, contact_state: str
) -> None:
    refused, other = queue(session, 2)
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.id == refused.id)
        .values(to_address="Wang@ga.example", contact_id=contact.id)
    )
    with sink(replies={"Wang@ga.example": reply}) as server:
        deliver(session, with_server(own_settings, server.port), AT)
    assert (refused.state, other.state) == (state, "sent")
    assert refused.server_reply == reply
    assert (contact.state, contact.bounced_at) == (contact_state, AT if contact_state == "bouncing" else None)


@pytest.mark.parametrize(("reply", "state"), [("452 4.2.2 full", "deferred"), ("554 5.6.0 not like this", "failed")])
def test_a_message_that_is_refused(
    session: Session, own_settings: Settings, contact: Contact, reply: str, state: str
) -> None:
    (mail,) = queue(session, contact_id=contact.id, to_address="wang@ga.example")
    with sink(dot=reply) as server:
        deliver(session, with_server(own_settings, server.port), AT)
    assert (mail.state, mail.server_reply, contact.state) == (state, reply, "confirmed")


def test_a_sender_that_is_refused_is_a_fault_of_our_own_and_loses_nothing(
    session: Session, own_settings: Settings, contact: Contact
) -> None:
    queue(session, 5, contact_id=contact.id, to_address="wang@ga.example")
    with sink(sender="553 5.7.1 not your address") as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert report == DeliveryReport(deferred=5)
    session.expire_all()
    assert contact.state == ContactState.CONFIRMED


def test_a_bounce_of_a_former_address_does_not_touch_the_contact(
    session: Session, own_settings: Settings, contact: Contact
) -> None:
    queue(session, contact_id=contact.id, to_address="former@ga.example")
    with sink(replies={"former@ga.example": "550 gone"}) as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert report.failed == 1
    assert contact.state == ContactState.CONFIRMED


@pytest.mark.parametrize(
    "address", ["王@ga.example", "no address", "a b@ga.example", "a@ga.example>\r\nRCPT TO:<b@ga.example"]
)
def test_an_address_that_cannot_be_one_fails_without_being_sent(
    session: Session, own_settings: Settings, address: str
) -> None:
    mail, other = queue(session, 2)
    session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(to_address=address))
    with sink() as server:
        deliver(session, with_server(own_settings, server.port), AT)
    assert (mail.state, other.state) == ("failed", "sent")
    assert [recipients for _sender, recipients in server.envelopes] == [["desk2@ga.example"]]


def test_a_sender_that_cannot_be_one_fails_nobody(session: Session, own_settings: Settings, contact: Contact) -> None:
    queue(session, 2, contact_id=contact.id, to_address="wang@ga.example")
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port, default_sender="nobody"), AT)
    assert (report.deferred, contact.state) == (2, ContactState.CONFIRMED)


def test_a_header_that_would_begin_another_one_is_not_sent(session: Session, own_settings: Settings) -> None:
    bad, _good = queue(session, 2)
    session.execute(
        update(OutboxMail).where(OutboxMail.id == bad.id).values(headers={"List-Id": "<a.b>\r\nBcc: thief@ga.example"})
    )
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert (report.sent, report.failed) == (1, 1)
    with (
        sink() as server,
        Connection(with_server(own_settings, server.port).mail) as open_one,
        pytest.raises(BadHeaderError),
    ):
        open_one.send(letter(subject="a\r\nBcc: thief@ga.example"))


def test_one_refused_recipient_of_two_is_noticed(own_settings: Settings) -> None:
    both = letter(to=[Mailbox("", "a@ga.example"), Mailbox("", "b@ga.example")])
    with (
        sink(replies={"b@ga.example": "550 5.1.1 gone"}) as server,
        Connection(with_server(own_settings, server.port).mail) as opened,
        pytest.raises(PartlyRefused) as caught,
    ):
        opened.send(both)
    assert caught.value.refused == {"b@ga.example": "550 5.1.1 gone"}
    assert server.envelopes == [("duijie@ga.example", ["a@ga.example"])]
    assert [to.addr_spec for to in server.messages[0]["To"].addresses] == ["a@ga.example", "b@ga.example"]


def letter(to: list[Mailbox] | None = None, subject: str = "x") -> Message:
    sender = Mailbox.parse(SENDER)
    return Message(
        sender,
        to or [Mailbox("", "a@ga.example")],
        message_id="1@x",
        written_at=AT,
        subject=subject,
        body="b",
        html="h",
    )


# --- servers that are ill ---------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_defers_everything_at_once(session: Session, own_settings: Settings) -> None:
    queue(session, BATCH + 5)
    started = time.monotonic()
    report = deliver(session, with_server(own_settings, free_port(), timeout=15), AT)
    assert time.monotonic() - started < 5
    assert report == DeliveryReport(deferred=BATCH + 5)
    for mail in session.scalars(select(OutboxMail)):
        assert AT + 0.8 * GAPS[0] <= mail.next_try_at <= AT + GAPS[0]
        assert "refused" in mail.server_reply


def test_a_server_that_greets_nobody_costs_one_time_out(session: Session, own_settings: Settings) -> None:
    queue(session, BATCH + 5)
    with faulty("connect", "hang") as server:
        report = deliver(session, with_server(own_settings, server.port, timeout=TIMEOUT), AT)
        assert server.connections == 1
    assert report == DeliveryReport(deferred=BATCH + 5)


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("fault", ["hang", "drop", "drip"])
@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("connect", "deferred"),
        ("ehlo", "deferred"),
        ("mail", "deferred"),
        ("rcpt", "deferred"),
        ("data", "deferred"),
        ("dot", "unknown"),
    ],
)
def test_a_server_that_falls_silent_or_hangs_up(
    session: Session, own_settings: Settings, stage: str, state: str, fault: str, pipelining: bool
) -> None:
    (mail,) = queue(session)
    with faulty(stage, fault, pipelining=pipelining) as server:
        started = time.monotonic()
        deliver(session, with_server(own_settings, server.port, timeout=TIMEOUT), AT)
        assert time.monotonic() - started < 6 * TIMEOUT
    assert mail.state == state
    assert AT < mail.next_try_at <= AT + GAPS[0]
    with sink() as healthy:
        deliver(session, with_server(own_settings, healthy.port, timeout=30.0), mail.next_try_at)
    assert healthy.ids == [mail.message_id]
    assert mail.state == "sent"


@pytest.mark.parametrize("stage", ["mail", "dot"])
def test_a_server_that_fails_over_each_message_is_left_alone_after_three(
    session: Session, own_settings: Settings, stage: str
) -> None:
    queue(session, 10)
    with faulty(stage, "hang") as server:
        report = deliver(session, with_server(own_settings, server.port, timeout=TIMEOUT), AT)
        assert server.connections == 3
    assert report.deferred + report.unknown == 10


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "dot"])
def test_a_server_that_has_no_time_is_asked_again(
    session: Session, own_settings: Settings, stage: str, pipelining: bool
) -> None:
    queue(session, 2)
    with faulty(stage, "421 4.3.2 come back later", pipelining=pipelining) as server:
        assert deliver(session, with_server(own_settings, server.port), AT) == DeliveryReport(deferred=2)
    assert all("421" in mail.server_reply for mail in session.scalars(select(OutboxMail)))


@pytest.mark.parametrize(
    ("stage", "reply", "state"),
    [
        ("mail", "550 5.7.1 not from you", "deferred"),
        ("mail", "451 4.3.0 later", "deferred"),
        ("rcpt", "550 5.1.1 gone", "failed"),
        ("rcpt", "451 4.2.1 later", "deferred"),
        ("data", "451 4.3.0 later", "deferred"),
        ("data", "554 5.6.0 no", "failed"),
        ("dot", "451 4.3.0 later", "deferred"),
        ("dot", "550 5.7.1 spam", "failed"),
    ],
)
def test_a_refusal_within_a_group_of_commands_is_that_commands(
    session: Session, own_settings: Settings, stage: str, reply: str, state: str
) -> None:
    """A server that asks for the message although it takes no recipient is given an empty one, and goes on."""
    first, second = queue(session, 2)
    with faulty(stage, reply, pipelining=True) as server:
        deliver(session, with_server(own_settings, server.port), AT)
        assert server.connections == 1
    assert (first.state, second.state) == (state, state)
    assert first.server_reply == reply
    if stage != "dot":
        assert not [message for message in server.messages if message["Subject"]]


def test_commands_in_a_group_carry_the_same_messages(session: Session, own_settings: Settings) -> None:
    queue(session, 7)
    with faulty("never", "", pipelining=True) as server:
        assert deliver(session, with_server(own_settings, server.port), AT) == DeliveryReport(sent=7)
    assert server.connections == 1
    assert sorted(server.ids) == sorted(session.scalars(select(OutboxMail.message_id)))
    assert {message["Subject"] for message in server.messages} == set(session.scalars(select(OutboxMail.subject)))


def test_a_line_of_a_dot_does_not_end_a_message() -> None:
    assert _closed(b".\r\n..x\r\ny") == b"..\r\n...x\r\ny\r\n.\r\n"
    assert _closed(b"x\r\n") == b"x\r\n.\r\n"


def test_an_answer_that_is_none_after_the_message_leaves_it_in_doubt(session: Session, own_settings: Settings) -> None:
    queue(session)
    with faulty("dot", "2xx what") as server:
        assert deliver(session, with_server(own_settings, server.port), AT) == DeliveryReport(unknown=1)


# --- connections ------------------------------------------------------------------------------------------------------


def test_many_mails_share_one_connection(session: Session, own_settings: Settings) -> None:
    queue(session, 2 * BATCH + 3)
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert (report.sent, len(set(server.ids)), server.connections) == (2 * BATCH + 3, 2 * BATCH + 3, 1)


@pytest.mark.usefixtures("app")
def test_a_hundred_mails_are_taken_at_once_and_each_is_settled_by_itself(
    session: Session, own_settings: Settings
) -> None:
    queue(session, 100)
    with sink() as server, asked_of_the_database() as asked:
        assert deliver(session, with_server(own_settings, server.port), AT).sent == 100
    taken = [sql for sql in asked if sql.startswith("WITH due")]
    settled = [sql for sql in asked if sql.startswith("UPDATE outbox_mail")]
    assert (len(taken), len(settled)) == (2, 100), "the second finds that there are no more"


@pytest.mark.parametrize("fault", ["drop", "421 too many messages"])
def test_a_server_that_takes_three_messages_a_connection_gets_all(
    session: Session, own_settings: Settings, fault: str
) -> None:
    queue(session, 10)
    with faulty("mail", fault, healthy=3) as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert (report.sent, server.connections) == (10, 4)
    assert sorted(server.ids) == sorted(session.scalars(select(OutboxMail.message_id)))


def test_nothing_due_connects_to_nobody(session: Session, own_settings: Settings) -> None:
    queue(session, next_try_at=AT + timedelta(minutes=1))
    with sink() as server:
        assert deliver(session, with_server(own_settings, server.port), AT) == DeliveryReport()
    assert server.connections == 0


def test_a_password_that_the_server_repeats_is_not_kept(own_settings: Settings) -> None:
    mail = with_server(own_settings, 25, username="duijie", password="wohenmimi").mail
    said = b64encode(b"\0duijie\0wohenmimi").decode()
    words = Connection(mail)._reply(535, f"no such sign-in {said} wohenmimi\r\n\x07 {'x' * 900}".encode())
    assert words.startswith("535 no such sign-in … … x")
    assert len(words) == connection.WORDS


# --- TLS --------------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, SSLContext]:
    """A certificate of our own for `name` (its file, to be trusted) and the context of a server that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [
        x509.DNSName(name),
        *([x509.IPAddress(IPv4Address(name))] if name[0].isdigit() else []),
    ]
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "certificate.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return chain, context


@pytest.mark.parametrize(
    ("name", "trusted", "state"),
    [("127.0.0.1", True, "sent"), ("127.0.0.1", False, "deferred"), ("mail.ga.example", True, "deferred")],
)
def test_a_certificate_must_be_the_servers_and_trusted(
    session: Session,
    own_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    state: str,
) -> None:
    chain, context = certificate(tmp_path, name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    (mail,) = queue(session)
    with sink(context) as server:
        deliver(session, with_server(own_settings, server.port, use_tls=True, timeout=5), AT)
    assert (mail.state, len(server.messages)) == (state, int(state == "sent"))
    assert ("certificate verify failed" in mail.server_reply) == (state == "deferred")


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(session: Session, own_settings: Settings) -> None:
    (mail,) = queue(session)
    with sink() as server:
        deliver(session, with_server(own_settings, server.port, use_tls=True), AT)
    assert (mail.state, server.messages) == ("deferred", [])


# --- trying again -----------------------------------------------------------------------------------------------------


def test_the_gaps_grow_to_four_hours_and_chance_makes_them_shorter() -> None:
    minutes = [gap(attempts, 0).total_seconds() / 60 for attempts in range(1, 11)]
    assert minutes == [1, 2, 5, 15, 30, 60, 120, 240, 240, 240]
    assert gap(8, 1) == timedelta(minutes=192)


def test_a_refusal_without_an_enhanced_code_is_about_the_address_from_550_on() -> None:
    assert of_refusal(Stage.RECIPIENT, 551, "551 moved").dead_address
    assert not of_refusal(Stage.RECIPIENT, 503, "503 bad sequence").dead_address


def test_after_three_days_a_mail_is_given_up(session: Session, own_settings: Settings) -> None:
    (mail,) = queue(session)
    settings = with_server(own_settings, free_port())
    at, attempts = AT, 0
    while mail.state != "failed":
        deliver(session, settings, at)
        attempts += 1
        assert mail.attempts == attempts
        at = mail.next_try_at
    assert AT + timedelta(days=3) <= at < AT + timedelta(days=3, hours=4)
    assert 20 < attempts < 40


def test_patience_begins_with_the_first_attempt(session: Session, own_settings: Settings) -> None:
    """A worker that was down for a week gives up nothing because of that."""
    (mail,) = queue(session)
    deliver(session, with_server(own_settings, free_port()), AT + timedelta(days=7))
    assert mail.state == "deferred"


def test_at_most_limit_mails_are_sent_longest_due_first(session: Session, own_settings: Settings) -> None:
    late, early = queue(session, next_try_at=AT), queue(session, next_try_at=AT - timedelta(hours=1))
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT, limit=1)
    assert report.sent == 1
    assert (late[0].state, early[0].state) == ("queued", "sent")


# --- several at once, and killed --------------------------------------------------------------------------------------


def test_two_deliveries_at_once_send_each_mail_once(app: Flask, session: Session, own_settings: Settings) -> None:
    queue(session, 80)
    reports = []
    with sink() as server:
        settings = with_server(own_settings, server.port, timeout=10)

        def round_of_its_own() -> None:
            with app.app_context():
                reports.append(deliver(db.session, settings, AT))

        threads = [threading.Thread(target=round_of_its_own) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(report.sent for report in reports) == 80
    assert Counter(server.ids) == Counter(session.scalars(select(OutboxMail.message_id)))


@pytest.fixture
def other_process(session: Session) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Deliveries in processes of their own, ended with the test."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


DELIVERY = """
import sys
from datetime import datetime
from pathlib import Path
from dataclasses import replace
from portal.config import MailSettings
from portal.extensions import db
from portal.mail.deliver import deliver
from tests.conftest import make_settings, running
url, folder, port, at = sys.argv[1:]
settings = make_settings(url, Path(folder), mail=MailSettings(server="127.0.0.1", port=int(port), timeout=30))
with running(settings) as app, app.app_context():
    deliver(db.session, settings, datetime.fromisoformat(at))
"""


@pytest.mark.parametrize("stage", ["mail", "dot"])
def test_a_killed_delivery_is_taken_up_with_the_same_message_ids(
    session: Session, own_settings: Settings, tmp_path: Path, other_process: list[subprocess.Popen[bytes]], stage: str
) -> None:
    mails = queue(session, 6)
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    with faulty(stage, "hang", healthy=2) as server:
        arguments = [sys.executable, "-c", DELIVERY, url, str(tmp_path / "other"), str(server.port), AT.isoformat()]
        other_process.append(subprocess.Popen(arguments, cwd=ROOT))
        assert server.reached.wait(30)
        os.kill(other_process[0].pid, signal.SIGKILL)
        other_process[0].wait()
    assert states(session) == {"sent": 2, "sending": 4}
    with sink() as healthy:
        settings = with_server(own_settings, healthy.port)
        assert deliver(session, settings, AT + LEASE / 2) == DeliveryReport()
        later = AT + 2 * LEASE + timedelta(minutes=30)
        assert deliver(session, settings, later) == DeliveryReport(sent=4)
    first, second = Counter(server.ids), Counter(healthy.ids)
    assert (first | second) == Counter(mail.message_id for mail in mails)
    assert sum((first & second).values()) == (stage == "dot"), "at worst the one in flight arrives twice"


class SwitchOff(BaseException):
    """As an interrupt from the keyboard."""


def test_an_interrupted_round_gives_back_what_it_did_not_try(
    session: Session, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(session, 5)
    carried = Connection.send

    def send(self: Connection, message: Message, envelope_from: str | None = None) -> str:
        if message.msgId == "<0003.test@ga.example>":
            raise SwitchOff
        return carried(self, message, envelope_from)

    with sink() as server:
        settings = with_server(own_settings, server.port)
        monkeypatch.setattr(Connection, "send", send)
        with pytest.raises(SwitchOff):
            deliver(session, settings, AT)
        monkeypatch.undo()
        assert states(session) == {"sent": 2, "sending": 1, "deferred": 2}
        assert deliver(session, settings, AT) == DeliveryReport(sent=2)
    assert len(set(server.ids)) == len(server.ids) == 4


def test_one_mail_that_cannot_be_sent_for_a_reason_of_its_own_holds_up_no_other(
    session: Session, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(session, 3)

    def message(mail: OutboxMail, sender: Mailbox, reply_to: str = "") -> Message:
        if mail.message_id.startswith("0002"):
            raise RuntimeError("a fault of the program")
        return message_of(mail, sender, reply_to)

    monkeypatch.setattr("portal.mail.dispatch.message_of", message)
    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT)
    assert (report.sent, report.deferred) == (2, 1)


def test_a_lease_is_renewed_while_a_slow_round_lasts(session: Session, own_settings: Settings) -> None:
    queue(session, 4)
    watch = iter(range(0, 100_000, 60))
    with sink() as server:
        settings = with_server(own_settings, server.port)
        deliver(session, settings, AT, stopwatch=lambda: float(next(watch)))
    assert sorted(server.ids) == sorted(session.scalars(select(OutboxMail.message_id)))
    assert (session.scalar(select(func.max(OutboxMail.sent_at))) or AT) > AT + LEASE


def test_a_mail_that_another_process_has_taken_over_is_left_to_it(
    app: Flask, session: Session, own_settings: Settings
) -> None:
    queue(session, 2)
    seconds = iter([0.0, 0.0, 0.0, 0.0])

    def watch() -> float:
        """Then the process sleeps for an hour, and another one takes its second mail meanwhile."""
        if (passed := next(seconds, None)) is not None:
            return passed
        with db.engine.begin() as other:
            other.execute(update(OutboxMail).where(OutboxMail.state == MailState.SENDING).values(lease="another"))
        return 3600.0

    with sink() as server:
        report = deliver(session, with_server(own_settings, server.port), AT, stopwatch=watch)
    assert (report.sent, len(server.ids)) == (1, 1)
    assert states(session) == {"sent": 1, "sending": 1}


# --- no server, and the outbox's queries ------------------------------------------------------------------------------


def test_without_a_server_a_mail_becomes_one_file(session: Session, own_settings: Settings, contact: Contact) -> None:
    (mail,) = queue(session, contact_id=contact.id, to_address="wang@ga.example")
    for _ in range(2):
        assert deliver(session, own_settings, AT) == DeliveryReport(sent=1)
        session.execute(update(OutboxMail).values(state=MailState.UNKNOWN, next_try_at=AT))
    (path,) = (own_settings.instance / "mail").iterdir()
    assert path.name == "20160106T010000Z-0001.test-ga.example.eml"
    message = parsed(path.read_bytes())
    assert (message["Message-ID"], message["Subject"]) == (f"<{mail.message_id}>", mail.subject)
    assert path.stat().st_mode & 0o077 == 0
    assert contact.delivered_at is None, "a file is not the contact's mailbox"


def test_a_folder_that_cannot_be_written_defers(session: Session, own_settings: Settings) -> None:
    (own_settings.instance / "mail").write_text("in the way")
    queue(session, 2)
    assert deliver(session, own_settings, AT) == DeliveryReport(deferred=2)


@pytest.mark.usefixtures("app")
def test_what_is_due_is_found_by_index(session: Session) -> None:
    assert [f"'{state}'" for state in DUE_STATES] == IS_DUE.removeprefix("state IN (").removesuffix(")").split(", ")
    queue(session, 3)
    queue(session, state=MailState.SENT)
    queue(session, next_try_at=AT + timedelta(seconds=1))
    assert session.scalar(queries.due_count(AT)) == 3
    if session.get_bind().dialect.name == "sqlite":
        asked = queries.due(AT).compile(session.get_bind())
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("2016-01-06 01:00:00",))
        assert "USING INDEX ix_outbox_mail_due" in str(plan.all())


@pytest.mark.usefixtures("app")
def test_the_outbox_is_listed_by_ticket_by_state_and_by_kind(session: Session) -> None:
    mine = queue(session, 2, ticket_number="XB2016-000123-7")
    queue(session, ticket_number="XB2016-000124-5", kind="escalation", state=MailState.FAILED)
    assert list(session.scalars(queries.of_ticket("XB2016-000123-7"))) == mine
    assert [mail.kind for mail in session.scalars(queries.filtered(OutboxFilter(states=(MailState.FAILED,))))] == [
        "escalation"
    ]
    assert list(session.scalars(queries.filtered(OutboxFilter(kind="urge")))) == mine[::-1]
    assert dict(session.execute(queries.counts_by_state()).all()) == {"queued": 2, "failed": 1}


@given(st.text(min_size=1, max_size=120).filter(lambda text: text == " ".join(text.split())))
def test_any_subject_survives_in_words_that_fit_their_lines(text: str) -> None:
    subject = text.encode("utf-8", "replace").decode()
    raw = letter(subject=CONTROL.sub("", subject) or "x").as_bytes()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert str(make_header(decode_header(message_from_bytes(raw)["Subject"]))) == (CONTROL.sub("", subject) or "x")
