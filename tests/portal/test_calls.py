"""A phone call noted on a ticket: who was called, when, what was said; it moves nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from directory.models import Contact, ContactRole, Unit
from portal.tickets.models import Entry, Ticket
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.pages import words
from tests.portal.world import opened


@pytest.fixture
def changyi(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))
    return client


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    return opened(session, province.changyi, province.linjiang, clock.now)


@pytest.fixture
def registrar(session: Session, province: Province) -> Contact:
    return make_contact(session, province.linjiang, ContactRole.REGISTRAR, name="李登记", phone="0439-80001234")


def note(client: Client, ticket: Ticket, **data: Any) -> TestResponse:
    address = f"/tickets/{ticket.number}"
    return client.submit(f"{address}/calls", {"outcome": "answered", "text": "说好明天上午答复。", **data}, page=address)


def calls(session: Session) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.kind == "called").order_by(Entry.id)))


def test_a_call_to_a_contact_is_an_entry_and_shows_that_the_number_is_right(
    changyi: Client, session: Session, ticket: Ticket, registrar: Contact, clock: Clock
) -> None:
    state, clocks = ticket.tasks[0].state, [(each.due_at, each.stopped_at) for each in ticket.clocks]
    assert note(changyi, ticket, contact=registrar.id, called_at="2016-01-04T08:50").status_code == 302
    page = words(changyi.get(f"/tickets/{ticket.number}").text)
    assert "致电李登记（0439-80001234）" in page
    assert "1月4日 周一 08:50" in page
    assert "说好明天上午答复。" in page
    session.expire_all()
    assert registrar.answered_at == clock.now - timedelta(minutes=10)
    assert (ticket.tasks[0].state, [(each.due_at, each.stopped_at) for each in ticket.clocks]) == (state, clocks)


def test_a_call_that_nobody_answered_needs_no_words_and_proves_nothing(
    changyi: Client, session: Session, ticket: Ticket, registrar: Contact
) -> None:
    assert note(changyi, ticket, contact=registrar.id, outcome="silent", text="").status_code == 302
    assert "无人接听" in words(changyi.get(f"/tickets/{ticket.number}").text)
    session.expire_all()
    assert registrar.answered_at is None


def test_anybody_else_is_named_by_hand(changyi: Client, session: Session, ticket: Ticket) -> None:
    assert note(changyi, ticket, name="值班室", number="0439-12345").status_code == 302
    (entry,) = calls(session)
    assert (entry.detail["whom"], entry.detail["number"], entry.detail["unit"]) == ("值班室", "0439-12345", None)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "请选择通话对象"),
        ({"name": "值班室", "text": " "}, "请填写通话内容"),
        ({"name": "值班室", "called_at": "2016-01-04T09:01"}, "晚于现在"),
        ({"name": "值班室", "text": "证号 220104199003078915"}, "只写末四位"),
        ({"name": "220104199003078915"}, "只写末四位"),
        ({"contact": "99999999999999999999"}, "不是本协办单各单位的联系人"),
        ({"contact": "x"}, "不是本协办单各单位的联系人"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    changyi: Client, session: Session, ticket: Ticket, data: dict[str, str], told: str
) -> None:
    refused = note(changyi, ticket, **data)
    assert refused.status_code == 422
    page = words(refused.text)
    assert told in page
    assert (data.get("text") or "说好明天上午答复。").strip() in page
    assert not calls(session)


def test_only_people_of_units_on_the_ticket_are_listed(
    changyi: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    def first(unit: Unit) -> Contact:
        return unit.contacts[0]

    assert note(changyi, ticket, contact=first(province.fusong).id).status_code == 422
    page = changyi.get(f"/tickets/{ticket.number}").text
    assert f'<option value="{first(province.linjiang).id}"' in page
    assert f'<option value="{first(province.fusong).id}"' not in page


def test_a_double_click_notes_one_call_and_a_closed_ticket_none(
    changyi: Client, session: Session, ticket: Ticket
) -> None:
    for _ in range(2):
        assert note(changyi, ticket, name="值班室", submission_key="once").status_code == 302
    assert len(calls(session)) == 1
    address = f"/tickets/{ticket.number}"
    token = changyi.token(address)
    changyi.submit(f"{address}/withdrawals", {"reason": "已解决"}, page=address)
    late = changyi.post(f"{address}/calls", data={"name": "值班室", "text": "晚了", "csrf_token": token})
    assert late.status_code == 409


def test_a_ticket_of_others_takes_no_call(changyi: Client, session: Session, province: Province, clock: Clock) -> None:
    other = opened(session, province.chuanying, province.fusong, clock.now)
    token = changyi.token("/")
    assert changyi.post(f"/tickets/{other.number}/calls", data={"name": "x", "csrf_token": token}).status_code == 404
