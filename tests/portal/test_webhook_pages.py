"""The pages of web hooks: made, looked at, changed, stopped, told again; the secret once."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditRecord
from portal.web.permissions import Role
from portal.webhooks.models import DeliveryState, Stop, Webhook, WebhookDelivery
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in

URL = "https://jh.example/events"


@pytest.fixture
def admin(client: Client, session: Session, province: Province, clock: Clock) -> Client:
    assert clock
    sign_in(client, make_officer(session, province.changyi, "admin", Role.SYSTEM_ADMINISTRATOR))
    return client


def made(admin: Client, province: Province, **others: object) -> str:
    """The address of a new web hook's page."""
    given = {"label": "受理系统", "url": URL, "unit-code": province.changyi.code, "events": ["task.answered"], **others}
    page = admin.submit("/webhooks", given, page="/webhooks/new")
    assert page.status_code == 201, page.text
    found = re.search(r"data-secret>(whsec_[^<]+)<", page.text)
    assert found
    path = re.search(r'href="(/webhooks/\d+)"', page.text)
    assert path
    assert found[1] not in admin.get(path[1]).text
    return path[1]


def test_a_web_hook_is_made_its_secret_shown_once_and_listed(
    admin: Client, session: Session, province: Province
) -> None:
    path = made(admin, province)
    assert "受理系统" in admin.get("/webhooks").text
    assert "任务答复" in admin.get("/webhooks").text
    assert "运行中" in admin.get(path).text
    assert session.scalars(select(Webhook)).one().events == ["task.answered"]
    logged = session.scalars(select(AuditRecord.action)).all()
    assert "webhook.add" in logged


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "http://jh.example/"}, "请使用 https 地址"),
        ({"url": "https://127.0.0.1/"}, "平台不向内网地址推送"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "平台不向内网地址推送"),
        ({"url": "ftp://jh.example/"}, "请填写完整地址"),
        ({"url": "https://me:secret@jh.example/"}, "请填写完整地址"),
        ({"label": ""}, "请填写系统名称"),
        ({"unit-code": "220681000000"}, "请选择本单位"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    admin: Client, session: Session, province: Province, wrong: dict[str, str], told: str
) -> None:
    given = {"label": "受理系统", "url": URL, "unit-code": province.changyi.code, **wrong}
    page = admin.submit("/webhooks", given, page="/webhooks/new")
    assert page.status_code == 422
    assert told in page.text
    assert given["url"].replace("&", "&amp;") in page.text
    assert session.scalars(select(Webhook)).all() == []


def test_an_event_is_told_again_from_the_page_and_the_web_hook_stopped_and_started(
    admin: Client, session: Session, province: Province, clock: Clock
) -> None:
    path = made(admin, province)
    webhook = session.scalars(select(Webhook)).one()
    one = WebhookDelivery(webhook_id=webhook.id, event_id="entry_1", kind="task.answered", about="XB2016-000001-7",
                          body="{}", state=DeliveryState.FAILED, made_at=clock.now, next_try_at=clock.now,
                          attempts=3, words="HTTP 500 <b>busy</b>")  # fmt: skip
    session.add(one)
    session.commit()
    page = admin.get(f"{path}?state=failed").text
    assert "HTTP 500 &lt;b&gt;busy" in page
    assert admin.submit(f"{path}/deliveries/{one.id}/replays", page=path).status_code == 302
    session.refresh(one)
    assert one.state is DeliveryState.QUEUED
    assert admin.submit(f"{path}/deliveries/{one.id}/replays", page=path).status_code == 409
    assert admin.submit(f"{path}/stops", page=path).status_code == 302
    session.refresh(webhook)
    assert webhook.stopped_because is Stop.BY_HAND
    assert "人工停用" in admin.get(path).text
    assert admin.submit(f"{path}/starts", page=path).status_code == 302
    assert admin.submit(f"{path}/tests", page=path).status_code == 302
    assert "测试" in admin.get(path).text
    one.state = DeliveryState.DELIVERED
    session.commit()
    answer = admin.submit(f"{path}/replays", {"since": "2016-01-04T00:00"}, page=path, follow_redirects=True)
    assert "将重新推送 1 个事件" in answer.text
    assert admin.submit(f"{path}/replays", {"since": "x"}, page=path).status_code == 422


def test_it_is_changed_given_another_secret_and_removed(admin: Client, session: Session, province: Province) -> None:
    path = made(admin, province)
    before = session.scalars(select(Webhook.secret_cipher)).one()
    changed = {"label": "新系统", "url": "https://jh.example/x"}
    assert admin.submit(f"{path}/changes", changed, page=path).status_code == 302
    assert admin.submit(f"{path}/changes", {"label": "新系统", "url": "x"}, page=path).status_code == 422
    webhook = session.scalars(select(Webhook)).one()
    assert (webhook.label, webhook.url, webhook.events) == ("新系统", "https://jh.example/x", [])
    assert "whsec_" in admin.submit(f"{path}/secrets", page=path).text
    session.expire_all()
    assert session.scalars(select(Webhook.secret_cipher)).one() != before
    assert admin.submit(f"{path}/removals", page=path).status_code == 302
    assert admin.get(path).status_code == 404
