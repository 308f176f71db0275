"""Texts that a unit writes often: who keeps them, who uses them, and what is filled in."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.conversation.filling import unknown_fields
from portal.conversation.models import TextTemplate
from portal.demo import TEXTS
from portal.tickets.citizens import CitizenFacts
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import hidden, words
from tests.portal.world import opened

Browsers = Callable[..., Client]


@pytest.fixture
def browser(app: Flask, session: Session, province: Province, clock: Clock) -> Browsers:
    def make(unit: Any, name: str) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        sign_in(client, make_officer(session, unit, name, name=f"民警{name}"))
        return client

    return make


def kept(session: Session) -> list[TextTemplate]:
    session.expire_all()
    return list(session.scalars(select(TextTemplate).order_by(TextTemplate.id)))


def test_a_text_is_filled_in_from_the_ticket_and_the_task(
    browser: Browsers, session: Session, province: Province, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now,
                    citizens=[CitizenFacts("李明", "220104199003078915")])  # fmt: skip
    linjiang = browser(province.linjiang, "li")
    body = "{opener}：{number}（{procedure}）由{unit}{officer}于{due}前办结。{today}"
    assert linjiang.submit("/texts", {"title": "回复", "body": body}).status_code == 302
    (text,) = kept(session)
    page = linjiang.get(f"/tickets/{ticket.number}").text
    assert f'<option value="{text.id}">回复</option>' in page
    told = linjiang.get(f"/tickets/{ticket.number}/texts/{text.id}?task={ticket.tasks[0].id}").text
    assert told.startswith(f"昌邑区户政大厅：{ticket.number}（")
    assert told.endswith("由临江市户政大厅民警li于1月6日 周三 09:00前办结。2016年1月4日")
    assert "{" not in told
    assert "李" not in told


def test_a_unit_uses_its_own_and_those_above_and_changes_its_own_alone(
    browser: Browsers, session: Session, province: Province
) -> None:
    for unit, name in ((province.corps, "zhou"), (province.changyi, "zhang"), (province.linjiang, "li")):
        browser(unit, name).submit("/texts", {"title": f"{unit.name}的", "body": "好"})
    corps, changyi, linjiang = kept(session)
    station = browser(province.zhanqian, "zhan")
    page = words(station.get("/texts").text)
    assert changyi.title in page
    assert corps.title in page
    assert linjiang.title not in page
    token = station.token("/texts")
    for path in (f"/texts/{changyi.id}", f"/texts/{changyi.id}/removals"):
        assert station.post(path, data={"title": "x", "body": "x", "csrf_token": token}).status_code == 404
    assert len(kept(session)) == 3


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"title": "", "body": "好"}, "请填写标题"),
        ({"title": "回复", "body": " "}, "请填写内容"),
        ({"title": "回复", "body": "{name} 好"}, "{name} 无法自动填写"),
        ({"title": "回复", "body": "证号 220104199003078915"}, "只写末四位"),
        ({"title": "回复", "body": "长" * 2001}, "2000"),
    ],
)
def test_what_is_wrong_is_told_and_kept(browser: Browsers, session: Session, province: Province, data: Any, told: str) -> None:
    refused = browser(province.changyi, "zhang").submit("/texts", data)
    assert refused.status_code == 422
    assert told in words(refused.text)
    assert data["body"].strip() in refused.text
    assert kept(session) == []


def test_a_title_stands_once_and_nobodys_change_is_written_over(
    browser: Browsers, session: Session, province: Province
) -> None:
    zhang = browser(province.changyi, "zhang")
    zhang.submit("/texts", {"title": "回复", "body": "一"})
    assert zhang.submit("/texts", {"title": "回复", "body": "二"}).status_code == 422
    path = f"/texts/{kept(session)[0].id}"
    version = hidden(zhang.get(path).text, "version")
    assert zhang.submit(path, {"title": "回复", "body": "三", "version": version}).status_code == 302
    late = zhang.submit(path, {"title": "回复", "body": "四", "version": version})
    assert late.status_code == 409
    assert "四" in words(late.text)
    assert kept(session)[0].body == "三"
    assert zhang.submit(f"{path}/removals", page="/texts").status_code == 302
    assert kept(session) == []


def test_the_examples_of_the_demonstration_can_all_be_filled_in() -> None:
    assert not [title for title, body in TEXTS if unknown_fields(body) or len(body) > 2000]
