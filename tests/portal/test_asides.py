"""A message to one unit alone: a third unit on the ticket finds nothing of it, wherever it looks."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.queries import parents_above
from portal.accounts.actions import add_token
from portal.contacts.actions import merge
from portal.conversation.actions import send_message
from portal.conversation.models import Attachment
from portal.conversation.queries import attachments_of
from portal.errors import Invalid
from portal.search.finding import find_tickets
from portal.tickets.asides import may_read
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import entries_of, load_ticket, visible_to
from portal.tickets.readers import EntryReader
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests import samples
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.world import opened

SECRET = "此事只与贵单位有关"


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    """A registration found twice: Changyi opened it with Linjiang and Fusong."""
    return opened(
        session, province.changyi, province.linjiang, clock.now,
        procedure="duplicate-registration", places=[("former registry", province.fusong.code)],
    )  # fmt: skip


@pytest.fixture
def aside(session: Session, province: Province, ticket: Ticket, clock: Clock) -> Entry:
    """From Changyi to Linjiang alone."""
    entry = send_message(session, actor_at(province.changyi), ticket, SECRET, clock.now, to=province.linjiang.code)
    session.commit()
    return entry


Browsers = Callable[..., Client]


@pytest.fixture
def browser(app: Flask, session: Session, clock: Clock) -> Browsers:
    """`browser(unit, role…)`: the browser of an officer."""

    def make(unit: Any, *roles: Role) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        sign_in(client, make_officer(session, unit, f"of{unit.code}", *roles))
        return client

    return make


@pytest.mark.parametrize(
    ("unit", "role", "reads"),
    [
        ("changyi", Role.OFFICER, True),
        ("linjiang", Role.OFFICER, True),
        ("fusong", Role.OFFICER, False),
        ("fusong", Role.SUPERVISOR, False),
        ("jilin", Role.SUPERVISOR, True),
        ("baishan", Role.SUPERVISOR, True),
        ("corps", Role.SUPERVISOR, True),
    ],
)
def test_the_page_shows_it_to_the_two_units_and_to_those_above_either(
    browser: Browsers, province: Province, ticket: Ticket, aside: Entry, unit: str, role: Role, *, reads: bool
) -> None:
    page = browser(getattr(province, unit), role).get(f"/tickets/{ticket.number}")
    assert page.status_code == 200
    assert (SECRET in page.text) is reads
    assert (f'id="entry-{aside.id}"' in page.text) is reads
    assert ("tag--aside" in page.text) is reads


def test_other_systems_of_a_third_unit_are_told_nothing_of_it(
    app: Flask, session: Session, province: Province, ticket: Ticket, aside: Entry, clock: Clock
) -> None:
    answers = {}
    for unit in (province.linjiang, province.fusong):
        _token, plaintext = add_token(session, PORTAL, unit.code, unit.name, clock.now)
        answer = Client(app).get(f"/api/v1/tickets/{ticket.number}", headers={"Authorization": f"Bearer {plaintext}"})
        answers[unit.code] = answer
    assert SECRET not in answers[province.fusong.code].get_data(as_text=True)
    entries = answers[province.linjiang.code].json["entries"]  # type: ignore[index]
    assert len(answers[province.fusong.code].json["entries"]) == len(entries) - 1  # type: ignore[index]
    assert entries[-1]["to"]["code"] == province.linjiang.code
    assert entries[0]["to"] is None


def test_its_files_are_listed_and_given_to_nobody_else(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    changyi, address = browser(province.changyi), f"/tickets/{ticket.number}"
    files = [(BytesIO(samples.pdf()), "密.pdf")]
    sent = changyi.submit(f"{address}/messages", {"text": "", "to": province.linjiang.code, "files": files}, page=address)
    assert sent.status_code == 302
    file = session.scalars(select(Attachment)).one()
    assert browser(province.linjiang).get(f"{address}/attachments/{file.id}").status_code == 200
    fusong = browser(province.fusong)
    assert fusong.get(f"{address}/attachments/{file.id}").status_code == 404
    assert "密.pdf" not in fusong.get(address).text
    assert not session.scalars(attachments_of(actor_at(province.fusong), ticket)).all()


def test_a_search_finds_it_for_who_may_read_it_alone(
    session: Session, province: Province, ticket: Ticket, aside: Entry
) -> None:
    found = {
        unit.code: [hit.ticket.id for hit in find_tickets(session, actor_at(unit), SECRET).items]
        for unit in (province.changyi, province.linjiang, province.fusong)
    }
    assert found == {province.changyi.code: [ticket.id], province.linjiang.code: [ticket.id], province.fusong.code: []}


def test_the_select_says_what_the_rule_says(
    session: Session, province: Province, ticket: Ticket, aside: Entry
) -> None:
    codes = {name: getattr(province, name).code for name in vars(province)}
    parents = parents_above(session, codes.values())
    between = session.scalars(select(EntryReader.unit_code).where(EntryReader.entry_id == aside.id)).all()
    assert set(between) == {province.changyi.code, province.linjiang.code}
    for name in vars(province):
        for role in (Role.OFFICER, Role.SUPERVISOR):
            actor = actor_at(getattr(province, name), [role])
            if session.scalar(visible_to(actor).where(Ticket.id == ticket.id)) is None:
                continue
            read = aside in session.scalars(entries_of(actor, ticket)).all()
            assert read == may_read(between, codes[name], parents, supervises=role is Role.SUPERVISOR), (name, role)


def test_the_portal_itself_reads_none(session: Session, ticket: Ticket, aside: Entry) -> None:
    assert aside not in session.scalars(entries_of(PORTAL, ticket)).all()


def test_it_is_written_to_a_unit_on_the_ticket_or_not_at_all(
    session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    for code in (province.chuanying.code, province.changyi.code, "999999999999", "\x00"):
        with pytest.raises(Invalid) as refused:
            send_message(session, actor_at(province.changyi), ticket, SECRET, clock.now, to=code)
        assert "to" in refused.value.fields


def test_a_supervisor_who_wrote_to_one_unit_can_be_answered_alone(
    session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    supervisor = actor_at(province.baishan, [Role.SUPERVISOR])
    send_message(session, supervisor, ticket, "请说明原因", clock.now, to=province.linjiang.code)
    session.commit()
    answer = send_message(session, actor_at(province.linjiang), ticket, SECRET, clock.now, to=province.baishan.code)
    session.commit()
    assert answer in session.scalars(entries_of(supervisor, ticket)).all()
    assert answer not in session.scalars(entries_of(actor_at(province.changyi), ticket)).all()
    with pytest.raises(Invalid):
        send_message(session, actor_at(province.changyi), ticket, SECRET, clock.now, to=province.baishan.code)


def test_a_unit_that_is_merged_hands_its_asides_on_to_its_successor(
    session: Session, province: Province, ticket: Ticket, aside: Entry, clock: Clock
) -> None:
    steward = actor_at(province.corps, [Role.STEWARD])
    merge(session, steward, province.linjiang, province.fusong, clock.now.date(), contacts_move=True, why="并入", at=clock.now)
    session.commit()
    again = load_ticket(session, actor_at(province.fusong), ticket.number)
    assert aside in session.scalars(entries_of(actor_at(province.fusong), again)).all()
