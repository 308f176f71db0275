"""The outbox for administrators: headers and state, never the text; tried again, or given to somebody else."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole
from portal.audit.models import AuditRecord
from portal.mail.models import MailState, OutboxMail
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.world import opened


@pytest.fixture
def admin(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.corps, "admin", Role.SYSTEM_ADMINISTRATOR))
    return client


@pytest.fixture
def mail(session: Session, province: Province, clock: Clock) -> OutboxMail:
    """An arrival's mail that the server has refused for good."""
    opened(session, province.changyi, province.linjiang, clock.now)
    made = session.scalars(select(OutboxMail)).one()
    made.state, made.server_reply, made.attempts = MailState.FAILED, "554 5.7.1 looks like spam", 3
    made.body_text = made.body_html = "the text of the mail"
    session.commit()
    return made


def test_the_list_shows_state_and_words_and_never_a_text(admin: Client, mail: OutboxMail) -> None:
    page = admin.get("/outbox").text
    assert mail.subject in page
    assert "looks like spam" in page
    assert "the text of the mail" not in page + admin.get(f"/outbox/{mail.id}").text


def test_a_mails_page_shows_its_headers_as_they_travel(admin: Client, mail: OutboxMail) -> None:
    page = admin.get(f"/outbox/{mail.id}").text
    for word in (mail.message_id, mail.to_address, "Auto-Submitted", f"duijie+b{mail.token}@ga.example"):
        assert word in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("state=failed", True),
        ("state=sent", False),
        ("state=nonsense", True),
        ("address=LINJIANG", True),
        ("address=%25", False),
        ("kind=arrival", True),
        ("kind=urge", False),
        ("unit=220681000000", True),
        ("unit=220000000000", False),
        ("ticket=XB2016-000001-7", True),
        ("after=rubbish", True),
        ("address=%00linjiang", True),
    ],
)
def test_filters_narrow_and_rubbish_does_no_harm(admin: Client, mail: OutboxMail, query: str, found: bool) -> None:
    answer = admin.get(f"/outbox?{query}")
    assert answer.status_code == 200
    assert (f"/outbox/{mail.id}" in answer.text) is found


def test_pages_follow_one_another_by_key(session: Session, admin: Client, clock: Clock) -> None:
    session.add_all(
        OutboxMail(message_id=f"{n}@x", kind="urge", to_address=f"a{n}@ga.example", subject=f"mail no {n}.", body_text="",
                   body_html="", created_at=clock.now, next_try_at=clock.now)
        for n in range(120)
    )  # fmt: skip
    session.commit()
    seen: list[int] = []
    path: str | None = "/outbox"
    while path:
        page = admin.get(path).text
        seen += [n for n in range(120) if f"mail no {n}." in page]
        path = (
            page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else None
        )
    assert sorted(seen) == list(range(120))


def test_a_mail_is_tried_again_once(session: Session, admin: Client, mail: OutboxMail, clock: Clock) -> None:
    clock.move(minutes=5)
    message_id = mail.message_id
    path = f"/outbox/{mail.id}"
    assert admin.submit(f"{path}/retries", page=path).status_code == 302
    session.expire_all()
    assert (mail.state, mail.next_try_at, mail.message_id) == (MailState.QUEUED, clock.now, message_id)
    assert admin.submit(f"{path}/retries", page=path).status_code == 409
    assert "mail.retry" in session.scalars(select(AuditRecord.action)).all()


def test_all_of_a_filter_are_tried_again_and_no_others(
    session: Session, province: Province, admin: Client, mail: OutboxMail, clock: Clock
) -> None:
    opened(session, province.changyi, province.fusong, clock.now)
    other = session.scalars(select(OutboxMail).where(OutboxMail.id != mail.id)).one()
    other.state = MailState.SENT
    session.commit()
    admin.submit("/outbox/retries", {"state": "failed"}, page="/outbox?state=failed")
    session.expire_all()
    assert (mail.state, other.state) == (MailState.QUEUED, MailState.SENT)


def test_a_mail_is_redirected_to_somebody_of_the_unit_or_above(
    session: Session, province: Province, admin: Client, mail: OutboxMail
) -> None:
    registrar = make_contact(session, province.linjiang, ContactRole.REGISTRAR, name="内勤李", email="li@ga.example")
    stranger = make_contact(session, province.fusong, ContactRole.DESK, rank=5, email="stranger@ga.example")
    session.commit()
    path = f"/outbox/{mail.id}"
    assert "stranger@ga.example" not in admin.get(path).text
    assert admin.submit(f"{path}/redirections", {"contact": str(stranger.id)}, page=path).status_code == 422
    assert admin.submit(f"{path}/redirections", page=path).status_code == 422
    assert admin.submit(f"{path}/redirections", {"contact": str(registrar.id)}, page=path).status_code == 302
    session.expire_all()
    made = session.scalars(select(OutboxMail).where(OutboxMail.origin_id == mail.id)).one()
    assert (mail.state, made.to_address, made.state) == (MailState.REDIRECTED, "li@ga.example", MailState.QUEUED)
    assert made.message_id != mail.message_id
    assert admin.submit(f"{path}/redirections", {"contact": str(registrar.id)}, page="/outbox").status_code == 409


def test_what_is_on_its_way_is_neither_tried_again_nor_redirected(
    session: Session, province: Province, admin: Client, mail: OutboxMail
) -> None:
    contact = session.scalars(select(Contact).where(Contact.unit_code == province.baishan.code)).first()
    assert contact is not None
    mail.state = MailState.SENDING
    session.commit()
    for verb, data in (("retries", {}), ("redirections", {"contact": str(contact.id)})):
        assert admin.submit(f"/outbox/{mail.id}/{verb}", data, page="/outbox").status_code == 409


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM_ADMINISTRATOR])
def test_nobody_else_sees_the_outbox(
    session: Session, province: Province, client: Client, role: Role, mail: OutboxMail
) -> None:
    sign_in(client, make_officer(session, province.corps, "somebody", role))
    assert {client.get(path).status_code for path in ("/outbox", f"/outbox/{mail.id}")} == {403}


def test_a_mail_that_is_not_there(admin: Client) -> None:
    assert admin.get("/outbox/999").status_code == 404


def test_the_ticket_shows_what_became_of_its_mails(
    session: Session, province: Province, client: Client, mail: OutboxMail, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "opener"))
    page = client.get(f"/tickets/{mail.ticket_number}").text
    assert "looks like spam" in page
    mail.bounced_at = clock.now
    session.commit()
    assert "被退回" in client.get(f"/tickets/{mail.ticket_number}").text
