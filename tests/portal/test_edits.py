"""A message is edited by its writer, within five minutes, and what it said before stays readable."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditRecord
from portal.conversation.actions import send_message
from portal.conversation.edits import edit_message
from portal.conversation.models import FormerText
from portal.errors import Conflict
from portal.extensions import db
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import load_ticket
from portal.web.actor import Actor
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, actor_for, make_officer, sign_in
from tests.portal.pages import hidden, words
from tests.portal.world import opened


@pytest.fixture
def zhang(session: Session, province: Province, client: Client, clock: Clock) -> Actor:
    """An officer of Changyi, in whose browser `client` is."""
    officer = make_officer(session, province.changyi, "zhang", name="张三")
    sign_in(client, officer)
    return actor_for(officer)


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    return opened(session, province.changyi, province.linjiang, clock.now)


@pytest.fixture
def message(session: Session, zhang: Actor, ticket: Ticket, clock: Clock) -> Entry:
    entry = send_message(session, zhang, ticket, "写错的内容", clock.now)
    session.commit()
    return entry


Browsers = Callable[[Any, str], Client]


@pytest.fixture
def browser(app: Flask, session: Session) -> Browsers:
    def make(unit: Any, name: str) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        sign_in(client, make_officer(session, unit, name))
        return client

    return make


def address(ticket: Ticket, entry: Entry) -> str:
    return f"/tickets/{ticket.number}/messages/{entry.id}/edits"


def test_within_five_minutes_it_is_changed_and_the_original_is_shown_to_whoever_reads_it(
    client: Client, browser: Browsers, province: Province, ticket: Ticket, message: Entry, clock: Clock
) -> None:
    clock.move(minutes=4, seconds=59)
    path = address(ticket, message)
    assert f'href="{path}"' in client.get(f"/tickets/{ticket.number}").text
    assert client.submit(path, {"text": "写对的内容", "seen": "0"}).status_code == 302
    page = words(browser(province.linjiang, "li").get(f"/tickets/{ticket.number}").text)
    assert "写对的内容" in page
    assert "已修改 09:04" in page
    assert "09:04 前的内容： 写错的内容" in page


def test_after_five_minutes_it_is_refused_in_words_and_the_text_is_kept(
    client: Client, session: Session, ticket: Ticket, message: Entry, clock: Clock
) -> None:
    path = address(ticket, message)
    token = client.token(path)
    clock.move(minutes=5)
    refused = client.post(path, data={"text": "太迟的内容", "seen": "0", "csrf_token": token})
    assert refused.status_code == 409
    page = words(refused.text)
    assert "已超过五分钟" in page
    assert "太迟的内容" in page
    assert path not in client.get(f"/tickets/{ticket.number}").text
    session.refresh(message)
    assert message.text == "写错的内容"


def test_nobody_else_edits_it_not_even_at_the_same_unit(
    browser: Browsers, session: Session, province: Province, ticket: Ticket, message: Entry
) -> None:
    path = address(ticket, message)
    for unit, name in ((province.changyi, "wang"), (province.linjiang, "li")):
        other = browser(unit, name)
        assert path not in other.get(f"/tickets/{ticket.number}").text
        refused = other.submit(path, {"text": "改成别的", "seen": "0"}, page=f"/tickets/{ticket.number}")
        assert refused.status_code == 409
        assert "只有留言本人可以修改" in words(refused.text)
    assert browser(province.fusong, "zhao").get(path).status_code == 404
    session.refresh(message)
    assert message.text == "写错的内容"


def test_of_two_windows_the_second_is_told_and_keeps_its_text(
    client: Client, session: Session, ticket: Ticket, message: Entry
) -> None:
    path = address(ticket, message)
    seen = hidden(client.get(path).text, "seen")
    assert client.submit(path, {"text": "第一窗口", "seen": seen}).status_code == 302
    second = client.submit(path, {"text": "第二窗口", "seen": seen})
    assert second.status_code == 409
    assert "第二窗口" in words(second.text)
    session.refresh(message)
    assert message.text == "第一窗口"


def test_of_two_edits_at_the_same_instant_one_wins(
    app: Flask, session: Session, zhang: Actor, ticket: Ticket, message: Entry, clock: Clock
) -> None:
    at, number, entry_id, told = clock.now, ticket.number, message.id, []
    session.commit()
    start = threading.Barrier(2)

    def edit(text: str) -> None:
        with app.app_context():
            start.wait()
            try:
                held = load_ticket(db.session, zhang, number, lock=True)
                edit_message(db.session, zhang, held, entry_id, text, 0, at)
                db.session.commit()
            except Conflict:
                told.append(text)

    threads = [threading.Thread(target=edit, args=(text,)) for text in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    assert len(told) == 1
    assert {message.text, *told} == {"甲", "乙"}
    assert session.scalar(select(func.count(FormerText.id))) == 1


@pytest.mark.parametrize("text", ["  ", "证号 220104199003078915", "长" * 10_001])
def test_what_could_not_be_sent_it_cannot_become(
    client: Client, session: Session, ticket: Ticket, message: Entry, text: str
) -> None:
    refused = client.submit(address(ticket, message), {"text": text, "seen": "0"})
    assert refused.status_code == 422
    assert text.strip() in refused.text
    session.refresh(message)
    assert message.text == "写错的内容"


def test_the_same_text_again_is_no_edit(client: Client, session: Session, ticket: Ticket, message: Entry) -> None:
    assert client.submit(address(ticket, message), {"text": " 写错的内容 ", "seen": "0"}).status_code == 302
    session.refresh(message)
    assert message.edited_at is None


def test_an_edit_is_in_the_audit_log_without_its_words(
    client: Client, session: Session, ticket: Ticket, message: Entry
) -> None:
    client.submit(address(ticket, message), {"text": "写对的内容", "seen": "0"})
    record = session.scalars(select(AuditRecord).where(AuditRecord.action == "ticket.message.edit")).one()
    assert record.detail == {"entry": message.id}


def test_an_answer_and_another_systems_message_are_not_edited(
    session: Session, zhang: Actor, province: Province, ticket: Ticket, clock: Clock
) -> None:
    entry = send_message(session, actor_at(province.changyi), ticket, "来自系统", clock.now)
    session.commit()
    with pytest.raises(Conflict):
        edit_message(session, actor_at(province.changyi), ticket, entry.id, "改", 0, clock.now)
