"""What an open page of a ticket tells and asks: who is there, what is new, what was typed and not sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.conversation.actions import send_message
from portal.drafts.models import Draft
from portal.tickets.models import Ticket
from portal.tickets.readers import Reading
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import hidden, statements, words
from tests.portal.world import opened

Browsers = Callable[..., Client]


@pytest.fixture
def browser(app: Flask, session: Session, clock: Clock) -> Browsers:
    """`browser(unit, name, role…)`: the browser of an officer."""

    def make(unit: Any, name: str, *roles: Role) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        sign_in(client, make_officer(session, unit, name, *roles))
        return client

    return make


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    """A registration found twice: Changyi opened it with Linjiang and Fusong."""
    return opened(
        session, province.changyi, province.linjiang, clock.now,
        procedure="duplicate-registration", places=[("former registry", province.fusong.code)],
    )  # fmt: skip


def here(client: Client, ticket: Ticket, **data: str) -> TestResponse:
    return client.submit(f"/tickets/{ticket.number}/presences", data, page=f"/tickets/{ticket.number}")


def news(client: Client, ticket: Ticket, since: int = 0, **headers: str) -> TestResponse:
    return client.get(f"/tickets/{ticket.number}/news?since={since}", headers=headers)


def keep(client: Client, ticket: Ticket, form: str, **fields: str) -> TestResponse:
    data = {"form": form, "fields": json.dumps(fields)}
    return client.submit(f"/tickets/{ticket.number}/drafts", data, page=f"/tickets/{ticket.number}")


def drafts_on(page: str) -> Any:
    return json.loads(page.split("data-drafts=")[1].split(">", 1)[1].split("<", maxsplit=1)[0])


def test_who_has_the_ticket_open_is_shown_by_name_and_unit_until_a_minute_after(
    browser: Browsers, province: Province, ticket: Ticket, clock: Clock
) -> None:
    changyi, linjiang = browser(province.changyi, "zhang"), browser(province.linjiang, "li")
    assert here(changyi, ticket).status_code == 204
    shown = words(linjiang.get(f"/tickets/{ticket.number}").text)
    assert "同时在看本单： Zhang 昌邑区户政大厅" in shown
    assert "Zhang" not in words(news(changyi, ticket).text), "not oneself"
    clock.move(seconds=59)
    assert "Zhang" in news(linjiang, ticket).text
    clock.move(seconds=1)
    assert "Zhang" not in news(linjiang, ticket).text


def test_who_is_writing_is_told_with_the_form_and_leaving_ends_it(
    browser: Browsers, province: Province, ticket: Ticket
) -> None:
    changyi, linjiang = browser(province.changyi, "zhang"), browser(province.linjiang, "li")
    here(changyi, ticket, writing=f"answer-{ticket.tasks[0].id}")
    assert f'data-writing="answer-{ticket.tasks[0].id}"' in news(linjiang, ticket).text
    here(changyi, ticket, writing='"><script>')
    assert "data-writing" not in news(linjiang, ticket).text
    here(changyi, ticket, left="1")
    assert "Zhang" not in news(linjiang, ticket).text


def test_it_is_one_row_for_an_officer_and_a_ticket_however_long_the_page_is_open(
    browser: Browsers, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    changyi = browser(province.changyi, "zhang")
    for _ in range(3):
        here(changyi, ticket)
        clock.move(seconds=20)
    assert session.scalar(select(func.count()).select_from(Reading)) == 1
    session.expire_all()
    assert session.scalars(select(Reading)).one().last_entry_id > 0, "and what was read stays read"


def test_a_page_whose_session_is_over_is_asked_to_sign_in_and_is_no_fault(app: Flask, ticket: Ticket) -> None:
    answer = Client(app).post(f"/tickets/{ticket.number}/presences", data={"left": "1"})
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_who_may_not_see_the_ticket_neither_asks_nor_shows_up(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    stranger = browser(province.chuanying, "zhao")
    token = stranger.token("/")
    assert news(stranger, ticket).status_code == 404
    for noun in ("presences", "drafts"):
        answer = stranger.post(f"/tickets/{ticket.number}/{noun}", data={"csrf_token": token, "fields": "{}"})
        assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(Reading)) == 0


def test_when_nothing_is_new_the_answer_is_304_and_of_few_statements(
    browser: Browsers, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    linjiang = browser(province.linjiang, "li")
    since = int(linjiang.get(f"/tickets/{ticket.number}").text.split('data-since="')[1].split('"')[0])
    first = news(linjiang, ticket, since)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    with statements() as asked:
        assert news(linjiang, ticket, since, **{"If-None-Match": tag}).status_code == 304
    assert asked() <= 10
    send_message(session, actor_at(province.changyi), ticket, "还有一事", clock.now)
    session.commit()
    again = news(linjiang, ticket, since, **{"If-None-Match": tag})
    assert again.status_code == 200
    assert "他人新增记录 1 条" in words(again.text)


def test_an_aside_is_no_news_to_a_third_unit(
    browser: Browsers, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    fusong, linjiang = browser(province.fusong, "sun"), browser(province.linjiang, "li")
    tags = {client: news(client, ticket).headers["ETag"] for client in (fusong, linjiang)}
    send_message(session, actor_at(province.changyi), ticket, "仅告临江", clock.now, to=province.linjiang.code)
    session.commit()
    status = {client: news(client, ticket, **{"If-None-Match": tag}).status_code for client, tag in tags.items()}
    assert status == {fusong: 304, linjiang: 200}


def test_a_draft_is_on_the_page_again_for_its_officer_alone_and_gone_when_sent(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    address = f"/tickets/{ticket.number}"
    zhang, wang = browser(province.changyi, "zhang"), browser(province.changyi, "wang")
    assert keep(zhang, ticket, "message", text="写了一半").status_code == 204
    assert drafts_on(zhang.get(address).text)["message"]["fields"] == {"text": "写了一半"}
    assert drafts_on(wang.get(address).text) == {}
    assert "写了一半".encode() not in session.scalars(select(Draft.content)).one()
    assert zhang.submit(f"{address}/messages", {"text": "写完了"}, page=address).status_code == 302
    assert session.scalar(select(func.count(Draft.id))) == 0


def test_the_draft_of_an_answer_goes_with_the_answer_and_stays_when_it_is_refused(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    task = next(task for task in ticket.tasks if task.unit_code == province.linjiang.code)
    form, address = f"answer-{task.id}", f"/tickets/{ticket.number}"
    linjiang = browser(province.linjiang, "li")
    keep(linjiang, ticket, form, text="底档")
    answers = f"{address}/tasks/{task.id}/answers"
    assert linjiang.submit(answers, {"outcome": "refused", "text": "底档"}, page=address).status_code == 422
    assert session.scalar(select(func.count(Draft.id))) == 1
    assert linjiang.submit(answers, {"outcome": "done", "text": "底档一致"}, page=address).status_code == 302
    assert session.scalar(select(func.count(Draft.id))) == 0


def test_an_emptied_form_puts_its_draft_away_and_nonsense_is_refused(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    zhang = browser(province.changyi, "zhang")
    keep(zhang, ticket, "message", text="写了一半")
    assert keep(zhang, ticket, "message", text="").status_code == 204
    assert session.scalar(select(func.count(Draft.id))) == 0
    address = f"/tickets/{ticket.number}"
    for fields in ("", "[]", '{"text": 1}', "{"):
        assert zhang.submit(f"{address}/drafts", {"form": "message", "fields": fields}, page=address).status_code == 422


def test_of_two_answers_at_once_the_second_is_told_and_its_text_and_draft_are_kept(
    browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    task = next(task for task in ticket.tasks if task.unit_code == province.linjiang.code)
    address, form = f"/tickets/{ticket.number}", f"answer-{task.id}"
    li, he = browser(province.linjiang, "li"), browser(province.linjiang, "he")
    keep(he, ticket, form, text="我的核对结果")
    page = he.get(address).text
    data = {"outcome": "done", "version": hidden(page, "version"), "seen": hidden(page, "seen")}
    assert li.submit(f"{address}/tasks/{task.id}/answers", {**data, "text": "已核对"}, page=address).status_code == 302
    second = he.submit(f"{address}/tasks/{task.id}/answers", {**data, "text": "我的核对结果"}, page=address)
    assert second.status_code == 409
    assert "我的核对结果" in words(second.text)
    assert session.scalar(select(func.count(Draft.id))) == 1
