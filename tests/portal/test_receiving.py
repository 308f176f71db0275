"""What comes in has its effect once: bounces heal the directory and cause no mail, replies become messages."""

import json
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole, ContactState, Correction
from portal.config import MailSettings, Settings
from portal.conversation.models import Attachment
from portal.correspondence.mailbox import receive_one
from portal.correspondence.models import Effect, IncomingMail
from portal.correspondence.receiving import receive
from portal.mail.deliver import deliver
from portal.mail.message import Mailbox, message_of
from portal.mail.models import MailState, OutboxMail
from portal.mail.tokens import ReturnAddress, Way
from portal.tickets.models import Entry, Task, Ticket
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.mail_servers import sink
from tests.portal.world import mailed, opened

BACK = ReturnAddress("duijie@ga.example")
Receive = Callable[..., IncomingMail]


@pytest.fixture
def desk(session: Session, province: Province) -> Contact:
    made = make_contact(session, province.linjiang, ContactRole.DESK, rank=0, name="王小明", email="wang@ga.example")
    session.commit()
    return made


@pytest.fixture
def mail(session: Session, province: Province, desk: Contact, app: Flask, clock: Clock) -> OutboxMail:
    """The mail of an arrival at the desk, delivered."""
    opened(session, province.changyi, province.linjiang, clock.now)
    with sink() as server:
        deliver(session, with_mail(app, server="127.0.0.1", port=server.port), clock.now)
    session.expire_all()
    return session.scalars(select(OutboxMail).where(OutboxMail.to_address == "wang@ga.example")).one()


def with_mail(app: Flask, **others: object) -> Settings:
    return replace(app.extensions["settings"], mail=MailSettings(**others))  # type: ignore[arg-type]


@pytest.fixture
def received(session: Session, app: Flask, clock: Clock) -> Receive:
    """`received(raw)`: the message comes in, where replies are read unless said otherwise."""

    def come(raw: bytes, *, replies: bool = True) -> IncomingMail:
        incoming = receive(session, raw, with_mail(app, replies=replies), clock.now)
        session.commit()
        session.expire_all()
        return incoming

    return come


def bounce(mail: OutboxMail, status: str = "5.1.1", to: str | None = None) -> bytes:
    """A standard report that a mail was not delivered, with the original's headers."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"] = "MAILER-DAEMON@ga.example", to or BACK.of(Way.BOUNCE, mail.token)
    report["Return-Path"], report["Subject"] = "<>", "Undelivered Mail Returned to Sender"
    report["Message-ID"] = f"<bounce-of-{mail.id}-{status}@ga.example>"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("This is the mail system. Your message could not be delivered."))
    status_part = EmailMessage()
    status_part["Reporting-MTA"] = "dns; mx.ga.example"
    fields = EmailMessage()
    fields["Final-Recipient"], fields["Action"] = f"rfc822; {mail.to_address}", "failed"
    fields["Status"], fields["Diagnostic-Code"] = status, f"smtp; 550 {status} no such user"
    delivery = EmailMessage()
    delivery.set_type("message/delivery-status")
    delivery.set_payload([status_part, fields])
    report.attach(delivery)
    original = MIMEText(message_of(mail, Mailbox.parse("duijie@ga.example")).as_bytes().decode(), "rfc822-headers")
    report.attach(original)
    return report.as_bytes()


def reply(
    mail: OutboxMail, text: str, *, sender: str = "wang@ga.example", to: str | None = None, **headers: str
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = f"王小明 <{sender}>", to or BACK.of(Way.REPLY, mail.token)
    message["Subject"], message["In-Reply-To"] = f"回复: {mail.subject}", f"<{mail.message_id}>"
    message["Message-ID"] = f"<{abs(hash((text, sender)))}@mail.ga.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def counted(session: Session, model: type[OutboxMail | IncomingMail | Correction]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def messages(session: Session) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.kind == "message", Entry.text != "请协助核对。")))


# --- bounces ----------------------------------------------------------------------------------------------------------


def test_a_bounce_touches_the_row_and_the_contact_and_the_next_mail_goes_to_the_next(
    session: Session, province: Province, mail: OutboxMail, desk: Contact, received: Receive, clock: Clock
) -> None:
    before = counted(session, OutboxMail)
    assert received(bounce(mail)).effect is Effect.BOUNCED
    assert (mail.state, mail.bounced_at) == (MailState.FAILED, clock.now)
    assert "no such user" in mail.server_reply
    assert desk.state is ContactState.BOUNCING
    assert counted(session, OutboxMail) == before, "a bounce causes no mail"
    assert counted(session, Correction) == 1
    opened(session, province.changyi, province.linjiang, clock.now)
    assert mailed(session, "arrival")[-1] == ("arrival", "linjiang.desk@ga.example")


def test_a_bounce_is_known_by_the_original_it_holds_where_the_provider_takes_no_sub_addresses(
    mail: OutboxMail, received: Receive
) -> None:
    assert received(bounce(mail, to="duijie@ga.example")).effect is Effect.BOUNCED
    assert mail.state is MailState.FAILED


def test_a_full_mailbox_puts_the_contact_in_doubt_and_it_is_mailed_again(
    mail: OutboxMail, desk: Contact, received: Receive
) -> None:
    received(bounce(mail, "5.2.2"))
    assert (mail.state, desk.state) == (MailState.FAILED, ContactState.SUSPECT)


def test_what_the_server_says_of_a_former_address_is_not_said_of_the_new_one(
    session: Session, mail: OutboxMail, desk: Contact, received: Receive
) -> None:
    desk.email = "li@ga.example"
    session.commit()
    received(bounce(mail))
    assert (mail.state, desk.state) == (MailState.FAILED, ContactState.CONFIRMED)


def test_a_bounce_of_no_mail_of_ours_is_kept_and_touches_nobody(
    session: Session, mail: OutboxMail, desk: Contact, received: Receive
) -> None:
    raw = bounce(mail, to="duijie+b00000000000000000000@ga.example").replace(
        mail.message_id.encode(), b"other@x.example"
    )
    assert received(raw).effect is Effect.KEPT
    assert (mail.state, desk.state) == (MailState.SENT, ContactState.CONFIRMED)


def test_a_storm_of_bounces_causes_no_mail_at_all(session: Session, app: Flask, mail: OutboxMail, clock: Clock) -> None:
    """Also not a message of the bounces' senders, whose address is ours."""
    template = bounce(mail)
    rows = [
        OutboxMail(message_id=f"{number}.storm@ga.example", kind="urge", to_address=f"desk{number}@ga.example", subject="x",
                   body_text="x", body_html="x", state=MailState.SENT, created_at=clock.now, next_try_at=clock.now)
        for number in range(500)
    ]  # fmt: skip
    session.add_all(rows)
    session.commit()
    before = counted(session, OutboxMail)
    settings = with_mail(app, replies=True)
    for row in rows:
        raw = template.replace(mail.token.encode(), row.token.encode()).replace(b"bounce-of-", f"{row.id}-".encode())
        assert receive_one(session, raw, settings, clock.now) is Effect.BOUNCED
    assert counted(session, OutboxMail) == before
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.bounced_at.is_not(None))) == 500


def test_the_same_message_has_its_effect_once(session: Session, mail: OutboxMail, received: Receive) -> None:
    raw = reply(mail, "已收到")
    first, second = received(raw), received(raw)
    assert first.id == second.id
    received(b"Received: by another way\r\n" + raw)
    assert len(messages(session)) == 1


# --- replies ----------------------------------------------------------------------------------------------------------


def test_a_reply_becomes_a_message_without_the_quote_and_answers_no_task(
    session: Session, mail: OutboxMail, desk: Contact, received: Receive, clock: Clock
) -> None:
    clock.move(minutes=30)
    quoted = "\n".join(f"> {line}" for line in mail.body_text.splitlines())
    incoming = received(
        reply(mail, f"底档已核对，今日答复。\n\n在 2016年1月4日，对接 <duijie@ga.example> 写道：\n{quoted}\n")
    )
    assert incoming.effect is Effect.ENTERED
    (entry,) = messages(session)
    assert (entry.text, entry.by, entry.by_unit_code, entry.detail["by_mail"]) == (
        "底档已核对，今日答复。",
        "王小明",
        desk.unit_code,
        True,
    )
    assert session.scalars(select(Task.state)).first() == "sent"
    assert desk.answered_at == clock.now
    told = session.scalars(select(OutboxMail).where(OutboxMail.kind == "reply-entered")).one()
    assert (told.to_address, told.headers["Auto-Submitted"]) == ("wang@ga.example", "auto-replied")
    assert "底档" not in told.body_text
    assert f"/tickets/{mail.ticket_number}" in told.body_text


def test_replies_are_off_until_the_administrator_turns_them_on(
    session: Session, mail: OutboxMail, received: Receive
) -> None:
    incoming = received(reply(mail, "已收到"), replies=False)
    assert (incoming.effect, incoming.reason, messages(session)) == (Effect.FILED, "replies off", [])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sender": "thief@evil.example"}, "unknown sender"),
        ({"to": "duijie@ga.example"}, "no token"),
        ({"to": "duijie+r00000000000000000000@ga.example"}, "no token"),
    ],
)
def test_without_the_token_or_from_somebody_else_nothing_is_entered(
    session: Session, mail: OutboxMail, received: Receive, changed: dict[str, str], reason: str
) -> None:
    incoming = received(reply(mail, "请撤回", **changed))
    assert (incoming.effect, incoming.reason) == (Effect.KEPT, reason)
    assert messages(session) == []
    assert "reply-entered" not in [kind for kind, _address in mailed(session)]


def test_the_token_of_the_return_path_is_not_the_one_to_reply_to(
    session: Session, mail: OutboxMail, received: Receive
) -> None:
    assert received(reply(mail, "好的", to=BACK.of(Way.BOUNCE, mail.token))).reason == "no token"


def test_who_has_left_writes_nothing(session: Session, mail: OutboxMail, desk: Contact, received: Receive) -> None:
    desk.state = ContactState.RETIRED
    session.commit()
    assert received(reply(mail, "好的")).reason == "unknown sender"


@pytest.mark.parametrize("text", ["身份证号 11010519491231002X 请核对", "长" * 20_000])
def test_what_may_not_be_entered_is_told_to_its_writer(
    session: Session, mail: OutboxMail, received: Receive, text: str
) -> None:
    incoming = received(reply(mail, text))
    assert (incoming.effect, incoming.reason, incoming.detail) == (Effect.KEPT, "refused", "")
    told = session.scalars(select(OutboxMail).where(OutboxMail.kind == "reply-refused")).one()
    assert text not in told.body_text


def test_a_closed_ticket_takes_no_reply(session: Session, mail: OutboxMail, received: Receive) -> None:
    session.scalars(select(Ticket)).one().state = "withdrawn"  # type: ignore[assignment]
    session.commit()
    assert received(reply(mail, "好的")).reason == "refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
        {"Precedence": "bulk"},
        {"X_Duijie_Kind": "arrival"},
        {"Subject_": "自动回复: 我在休假"},
    ],
)
def test_machine_mail_is_filed_and_changes_nothing(
    session: Session, mail: OutboxMail, received: Receive, headers: dict[str, str]
) -> None:
    raw = reply(
        mail, "我正在休假，1月18日返回。", **{key: value for key, value in headers.items() if key != "Subject_"}
    )
    if subject := headers.get("Subject_"):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "wang@ga.example", BACK.of(Way.REPLY, mail.token), subject
        message.set_content("我正在休假，1月18日返回。")
        raw = message.as_bytes()
    before = counted(session, OutboxMail)
    assert received(raw).effect is Effect.FILED
    assert (messages(session), counted(session, OutboxMail)) == ([], before)


def test_a_talk_with_an_automat_that_looks_like_a_person_ends_after_a_count(
    session: Session, app: Flask, mail: OutboxMail, clock: Clock
) -> None:
    """It answers each of our mails, also the one that says that its reply was entered."""
    settings = with_mail(app, replies=True)
    newest, rounds = mail, 0
    while rounds < 100:
        rounds += 1
        receive_one(session, reply(newest, f"收到您的邮件，编号 {rounds}"), settings, clock.now)
        answer = session.scalars(select(OutboxMail).where(OutboxMail.id > newest.id).order_by(OutboxMail.id)).first()
        if answer is None:
            break
        newest = answer
    assert rounds <= 12
    assert len(messages(session)) <= 10


def test_files_of_a_reply_pass_the_same_allow_list_and_what_is_left_out_is_named(
    session: Session, mail: OutboxMail, received: Receive
) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "wang@ga.example", BACK.of(Way.REPLY, mail.token)
    message.set_content("底档扫描件见附件。")
    message.add_attachment(b"%PDF-1.4\n%\xe2\xe3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", maintype="application",
                           subtype="pdf", filename="../底档.pdf")  # fmt: skip
    message.add_attachment(b"<svg onload=alert(1)></svg>", maintype="image", subtype="png", filename="照片.png")
    assert received(message.as_bytes()).effect is Effect.ENTERED
    (entry,) = messages(session)
    (kept,) = session.scalars(select(Attachment).where(Attachment.entry_id == entry.id)).all()
    assert (kept.name, kept.media_type) == ("底档.pdf", "application/pdf")
    assert entry.text.startswith("底档扫描件见附件。\n（邮件附件未接收：照片.png：")


# --- from a file ------------------------------------------------------------------------------------------------------


def test_one_message_from_a_file(mail: OutboxMail, session: Session, runner: Runner, tmp_path: Path) -> None:
    path = tmp_path / "bounce.eml"
    path.write_bytes(bounce(mail))
    for _ in range(2):
        report = runner("portal", "receive", "--eml", str(path), "--json")
        assert json.loads(report.stdout) == {"read": 1, "bounced": 1, "entered": 0, "filed": 0, "kept": 0}
    assert counted(session, IncomingMail) == 1


def test_without_a_mailbox_the_command_says_what_to_do(runner: Runner, province: Province) -> None:
    refused = runner("portal", "receive")
    assert refused.exit_code == 1
    assert "PORTAL_IMAP_URL" in refused.stderr


# --- what was kept is reviewed ----------------------------------------------------------------------------------------


def test_an_administrator_reviews_what_was_kept_and_sees_nothing_of_what_was_written(
    session: Session, province: Province, mail: OutboxMail, desk: Contact, received: Receive, client: Client
) -> None:
    kept = received(reply(mail, "底档里的秘密", sender="stranger@x.example"))
    sign_in(client, make_officer(session, province.corps, "admin", Role.SYSTEM_ADMINISTRATOR))
    page = client.get("/incoming").text
    assert "stranger@x.example" in page
    assert "秘密" not in page
    assert "回复:" not in page
    assert client.submit(f"/incoming/{kept.id}/reviews", {}, page="/incoming").status_code == 302
    assert client.submit(f"/incoming/{kept.id}/reviews", {}, page="/incoming?view=all").status_code == 409
    assert "stranger@x.example" not in client.get("/incoming").text
    assert "stranger@x.example" in client.get("/incoming?view=all").text
    assert client.submit("/incoming/999/reviews", {}, page="/incoming?view=all").status_code == 404


def test_a_bounce_that_no_rule_knows_is_told_to_be_one_by_an_administrator(
    session: Session, province: Province, mail: OutboxMail, desk: Contact, received: Receive, client: Client
) -> None:
    kept = received(reply(mail, "您的邮件没有人收", sender="stranger@x.example"))
    sign_in(client, make_officer(session, province.corps, "admin", Role.SYSTEM_ADMINISTRATOR))
    client.submit(f"/incoming/{kept.id}/reviews", {"as_bounce": "y"}, page="/incoming")
    session.expire_all()
    assert (mail.state, desk.state, kept.effect) == (MailState.FAILED, ContactState.BOUNCING, Effect.BOUNCED)


def test_nobody_else_sees_what_came_in(session: Session, province: Province, client: Client) -> None:
    sign_in(client, make_officer(session, province.corps, "chief", Role.SUPERVISOR))
    assert client.get("/incoming").status_code == 403
