"""What is done from a mail: only by a button, only what the link is for, and nothing on a ticket without signing in."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole, ContactState, Correction, CorrectionKind, Unit
from portal.audit.models import AuditRecord
from portal.contacts.asking import ask_to_confirm
from portal.contacts.links import confirm_table_url
from portal.escalation.models import Climb
from portal.ladder.ladder import ClockKind
from portal.mail.models import OutboxMail
from portal.tickets.models import Clock, Entry, Ticket
from portal.web.links import Purpose, make
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock as Time
from tests.conftest import in_utc
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.world import mailed, opened, swept

AT = in_utc("2016-01-04 09:00")


def link_in(session: Session, pattern: str, **of: str) -> str:
    """The path of a link in the newest mail."""
    body = session.scalars(select(OutboxMail).filter_by(**of).order_by(OutboxMail.id.desc())).first()
    assert body is not None
    found = re.search(rf"http://localhost(/{pattern}/[\w.-]+)", body.body_text)
    assert found is not None
    return found[1]


# --- No longer me -----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(session: Session, province: Province) -> Contact:
    made = make_contact(session, province.linjiang, ContactRole.DESK, rank=0, name="王小明", email="wang@ga.example")
    session.commit()
    return made


def test_no_longer_me_is_said_by_a_button_and_the_next_mail_goes_to_the_next_contact(
    session: Session, province: Province, desk: Contact, client: Client, clock: Time
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    path = link_in(session, "no-longer-me", to_address="wang@ga.example")
    page = client.get(path)
    assert "王小明" in page.text
    session.expire_all()
    assert desk.disowned_at is None, "programmes that look at all links of a mail do nothing"
    assert client.submit(path, {"text": "现在由李警官负责"}).status_code == 200
    session.expire_all()
    assert (desk.state, desk.disowned_at) == (ContactState.SUSPECT, clock.now)
    raised = session.scalars(select(Correction)).one()
    assert (raised.kind, raised.text, raised.raised_by) == (
        CorrectionKind.DISOWNED,
        "现在由李警官负责",
        "wang@ga.example",
    )
    opened(session, province.changyi, province.linjiang, clock.now)
    assert mailed(session, "arrival")[-1] == ("arrival", "linjiang.desk@ga.example")
    assert "contact.disown" in session.scalars(select(AuditRecord.action)).all()


def test_pressed_twice_it_is_said_once(session: Session, desk: Contact, client: Client) -> None:
    path = f"/no-longer-me/{make(Purpose.NO_LONGER_ME, [desk.id, desk.email])}"
    for _ in range(2):
        assert client.submit(path, {}).status_code == 200
    assert len(session.scalars(select(Correction)).all()) == 1


def test_a_link_of_the_former_address_is_expired(session: Session, desk: Contact, client: Client) -> None:
    path = f"/no-longer-me/{make(Purpose.NO_LONGER_ME, [desk.id, desk.email])}"
    desk.email = "successor@ga.example"
    session.commit()
    assert client.get(path).status_code == 410
    assert client.get("/no-longer-me/x.y.z").status_code == 404


def test_a_link_for_one_thing_does_no_other(session: Session, desk: Contact, client: Client) -> None:
    token = make(Purpose.CONFIRM_TABLE, desk.unit_code)
    assert client.get(f"/no-longer-me/{token}").status_code == 404
    assert client.get(f"/confirm-table/{make(Purpose.NO_LONGER_ME, [desk.id, desk.email])}").status_code == 404


def test_a_long_text_is_refused_and_kept(session: Session, desk: Contact, client: Client) -> None:
    path = f"/no-longer-me/{make(Purpose.NO_LONGER_ME, [desk.id, desk.email])}"
    answer = client.submit(path, {"text": "长" * 501})
    assert (answer.status_code, "长" * 501 in answer.text) == (422, True)
    session.expire_all()
    assert desk.disowned_at is None


# --- confirm my table -------------------------------------------------------------------------------------------------


def test_a_table_is_confirmed_by_one_press_except_for_those_in_doubt(
    session: Session, province: Province, desk: Contact, client: Client, clock: Time
) -> None:
    desk.state = ContactState.BOUNCING
    path = confirm_table_url(province.linjiang).removeprefix("http://localhost")
    session.commit()
    clock.move(days=1)
    assert "王小明" in client.get(path).text
    assert client.submit(path, {}).status_code == 200
    session.expire_all()
    contacts = session.scalars(select(Contact).where(Contact.unit_code == province.linjiang.code)).all()
    assert {each.verified_at for each in contacts if each is not desk} == {clock.now}
    assert desk.state is ContactState.BOUNCING


# --- I am on it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def stalled(session: Session, province: Province, clock: Time) -> Ticket:
    """Linjiang has answered nothing since Monday; its supervisor is mailed on Wednesday, Baishan would be on Thursday."""
    ticket = opened(session, province.changyi, province.linjiang, AT)
    swept(clock.set("2016-01-06 09:00"))
    return ticket


def answer_clock(session: Session, ticket: Ticket) -> Clock:
    session.expire_all()
    return session.scalars(select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == ClockKind.ANSWER)).one()


def test_i_am_on_it_asks_for_sign_in_even_with_the_link_of_the_mail(
    session: Session, stalled: Ticket, client: Client
) -> None:
    path = link_in(session, f"tickets/{stalled.number}/on-it", kind="escalation", copy=False)  # type: ignore[arg-type]
    answer = client.get(path)
    assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in")
    assert answer_clock(session, stalled).held_until is None


def test_i_am_on_it_puts_the_next_rung_off_by_a_working_day_once(
    session: Session, province: Province, stalled: Ticket, client: Client, clock: Time
) -> None:
    chief = make_officer(session, province.linjiang, "chief", Role.SUPERVISOR)
    session.commit()
    clock.set("2016-01-06 09:30")
    sign_in(client, chief)
    path = link_in(session, f"tickets/{stalled.number}/on-it", kind="escalation", copy=False)  # type: ignore[arg-type]
    assert province.baishan.name in client.get(path).text
    assert answer_clock(session, stalled).next_at == in_utc("2016-01-07 09:00")
    assert client.submit(path, {}).status_code == 302
    assert answer_clock(session, stalled).next_at == in_utc("2016-01-08 09:00")
    assert client.submit(path, {}).status_code == 409, "said once for each rung"
    swept(in_utc("2016-01-07 09:00"))
    rungs = select(Climb.rung).join(Climb.clock).where(Clock.kind == ClockKind.ANSWER)
    assert max(session.scalars(rungs)) == 1
    swept(in_utc("2016-01-08 09:00"))
    assert max(session.scalars(rungs)) == 2
    held = session.scalars(select(Entry).where(Entry.kind == "held")).all()
    assert {(entry.detail["clock"], entry.detail["rung"], entry.detail["unit"]) for entry in held} == {
        ("answer", 1, province.baishan.code),
        ("sign_for", 2, province.corps.code),
    }
    assert answer_clock(session, stalled).next_at == in_utc("2016-01-11 09:00"), "the rung after it keeps its distance"


def test_only_who_was_mailed_puts_off_and_what_one_may_not_see_is_not_there(
    session: Session, province: Province, stalled: Ticket, client: Client
) -> None:
    path = f"/tickets/{stalled.number}/on-it"
    for unit, roles, expected in (
        (province.corps, (Role.SUPERVISOR,), "没有可以暂缓的督办"),
        (province.fusong, (Role.SUPERVISOR,), 404),
        (province.linjiang, (Role.OFFICER,), 403),
    ):
        officer = make_officer(session, unit, f"{unit.code}-{roles[0].value}".lower(), *roles)
        session.commit()
        sign_in(client, officer)
        answer = client.get(path)
        assert expected in (answer.status_code, *(word for word in [expected] if str(word) in answer.text))
    assert answer_clock(session, stalled).held_until is None


def test_a_link_for_another_ticket_is_none(
    session: Session, province: Province, stalled: Ticket, client: Client
) -> None:
    sign_in(client, make_officer(session, province.linjiang, "chief", Role.SUPERVISOR))
    assert client.get(f"/tickets/{stalled.number}/on-it/{make(Purpose.ON_IT, 'XB2016-000999-1')}").status_code == 404


def test_each_unit_is_asked_once_a_quarter_and_its_link_confirms_the_table(
    session: Session, province: Province, client: Client, clock: Time
) -> None:
    clock.set("2016-04-05 09:00")
    asked = ask_to_confirm(session, clock.now, limit=100)
    session.commit()
    assert asked == len({address for kind, address in mailed(session) if kind == "confirmation"}) > 5
    assert ask_to_confirm(session, clock.now, limit=100) == 0
    path = link_in(session, "confirm-table", unit_code=province.linjiang.code)
    assert client.submit(path, {}).status_code == 200
    session.rollback()
    clock.set("2016-07-05 09:00")
    assert ask_to_confirm(session, clock.now, limit=100) == asked


def test_nobody_of_the_demonstration_province_is_asked(session: Session, province: Province, clock: Time) -> None:
    for unit in session.scalars(select(Unit)):
        unit.invented = True
    session.flush()
    assert ask_to_confirm(session, clock.now) == 0
