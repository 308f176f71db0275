"""What one does from a mail, the mails themselves, and the outbox: readable on a telephone, acting only on a press."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import select

from directory.models import Unit
from portal.contacts.links import confirm_table_url
from portal.extensions import db
from portal.mail.models import MailState, OutboxMail
from tests.browser.conftest import PHONE, WIDE, sideways
from tests.conftest import Clock
from tests.portal.world import opened, swept

Screenshot = Callable[..., object]
BOTH = pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])


@pytest.fixture
def stalled(province_app: Flask, clock: Clock) -> str:
    """The number of a ticket at which Linjiang has done nothing for days."""
    with province_app.app_context():
        changyi = db.session.get_one(Unit, "220202000000")
        linjiang = db.session.get_one(Unit, "220681000000")
        number = opened(db.session, changyi, linjiang, clock.now).number
        for day in (5, 6, 7):
            swept(clock.set(f"2016-01-0{day} 15:00"))
        db.session.commit()
        return str(number)


def link_in_mail(app: Flask, pattern: str) -> str:
    with app.app_context():
        bodies = db.session.scalars(select(OutboxMail.body_text).order_by(OutboxMail.id.desc())).all()
        db.session.rollback()
    found = [match for body in bodies if (match := re.search(rf"http://localhost(/{pattern}/[\w.-]+)", body))]
    return str(found[0][1])


def width(viewport: ViewportSize) -> str:
    return "phone" if viewport == PHONE else "wide"


@BOTH
def test_no_longer_me_from_a_mail(
    province_app: Flask, stalled: str, page: Page, screenshot: Screenshot, viewport: ViewportSize
) -> None:
    page.goto(link_in_mail(province_app, "no-longer-me"))
    expect(page.get_by_role("heading", level=1)).to_have_text("已不是我")
    screenshot(page, f"no-longer-me-{width(viewport)}")
    page.get_by_role("textbox").fill("现在由李警官负责，0431-80001234")
    page.get_by_role("button", name="已不是我").click()
    expect(page.get_by_text("谢谢，已记录")).to_be_visible()


@BOTH
def test_a_table_is_confirmed_from_a_mail(
    province_app: Flask, page: Page, screenshot: Screenshot, viewport: ViewportSize, clock: Clock
) -> None:
    assert clock.now
    with province_app.app_context():
        path = confirm_table_url(db.session.get_one(Unit, "220681000000")).removeprefix("http://localhost")
        db.session.rollback()
    page.goto(path)
    screenshot(page, f"confirm-table-{width(viewport)}")
    page.get_by_role("button", name="全部正确").click()
    expect(page.get_by_text("谢谢，联系方式已于今日确认")).to_be_visible()


@BOTH
def test_a_supervisor_says_i_am_on_it(
    province_app: Flask, stalled: str, pages: Callable[..., Page], screenshot: Screenshot, viewport: ViewportSize
) -> None:
    page = pages("baishan")
    page.goto(link_in_mail(province_app, f"tickets/{stalled}/on-it"))
    screenshot(page, f"on-it-{width(viewport)}")
    page.get_by_role("button", name="我来处理").click()
    expect(page.get_by_text("已记录由您处理")).to_be_visible()
    expect(page.get_by_text("表示正在处理").first).to_be_visible()


@BOTH
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_administrator_looks_through_the_outbox(
    province_app: Flask,
    stalled: str,
    pages: Callable[..., Page],
    screenshot: Screenshot,
    viewport: ViewportSize,
    language: str,
) -> None:
    with province_app.app_context():
        mails = db.session.scalars(select(OutboxMail)).all()
        for mail, state in zip(mails, MailState, strict=False):
            mail.state, mail.attempts = state, 2
            mail.server_reply = "550 5.1.1 <nobody@ga.example>: Recipient address rejected: User unknown in local table"
        mails[0].state = MailState.FAILED
        db.session.commit()
    page = pages("sysadmin")
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.wait_for_load_state("networkidle")
    page.goto("/outbox")
    assert sideways(page) <= 0, "nothing hangs over the edge"
    screenshot(page, f"outbox-{width(viewport)}-{language}")
    page.goto("/outbox?state=failed")
    page.locator("tbody a").first.click()
    screenshot(page, f"outbox-mail-{width(viewport)}-{language}")
    page.locator(".head__tools button").click()
    expect(page.locator(".note--good")).to_be_visible()
    page.goto("/incoming")
    screenshot(page, f"incoming-{width(viewport)}-{language}")


@pytest.mark.parametrize("viewport", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("kind", ["arrival", "escalation"])
def test_a_mail_is_read_on_a_telephone(
    province_app: Flask, stalled: str, page: Page, screenshot: Screenshot, viewport: ViewportSize, kind: str
) -> None:
    with province_app.app_context():
        html = db.session.scalars(select(OutboxMail.body_html).where(OutboxMail.kind == kind)).first()
        db.session.rollback()
    page.set_content(html or "")
    assert sideways(page) <= 0
    screenshot(page, f"mail-{kind}-phone")
