"""Working time and supervision in a browser: a year signed off, hours edited, a limit explained, what stands still."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from directory.models import Unit
from portal.clock import now
from portal.extensions import db
from portal.health.beating import beat
from tests.browser.conftest import PHONE, WIDE, sideways
from tests.conftest import Clock
from tests.portal.world import opened, swept

Screenshot = Callable[..., object]
BOTH = pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
TONGUES = pytest.mark.parametrize("language", ["zh", "en"])
HALL = "/directory/units/220681000000"


@pytest.fixture
def ticket(province_app: Flask, clock: Clock) -> str:
    """The path of a ticket at which Linjiang has done nothing for days; the workers beat."""
    with province_app.app_context():
        changyi = db.session.get_one(Unit, "220202000000")
        made = opened(db.session, changyi, db.session.get_one(Unit, "220681000000"), clock.now)
        number, clock_id = made.number, made.clocks[-1].id
        for day in (5, 6, 7):
            swept(clock.set(f"2016-01-0{day} 15:00"))
        for loop in ("ladder", "mail"):
            beat(db.session, "host:1", loop, now(), 0.1)
        db.session.commit()
        return f"/tickets/{number}/clocks/{clock_id}"


def shown(page: Page, address: str, viewport: ViewportSize, screenshot: Screenshot, name: str) -> None:
    """The page fits the screen, is looked at, and axe finds nothing serious on it."""
    assert page.goto(address).ok  # type: ignore[union-attr]
    assert sideways(page) <= 0, f"{address} hangs over the edge"
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert not found, [(one["id"], [node["html"][:120] for node in one["nodes"][:2]]) for one in found]
    screenshot(page, f"{name}-{'phone' if viewport == PHONE else 'wide'}")


def in_language(page: Page, language: str) -> Page:
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.wait_for_load_state("networkidle")
    return page


@BOTH
@TONGUES
def test_everybodys_pages_of_working_time_and_supervision(
    ticket: str, pages: Callable[..., Page], viewport: ViewportSize, screenshot: Screenshot, language: str
) -> None:
    page = in_language(pages("corps"), language)
    for address, name in (
        ("/calendar/2016", "year"),
        ("/calendar/2030", "year-assumed"),
        (ticket, "counted"),
        (ticket.split("/clocks", maxsplit=1)[0], "ticket-stalled"),
        ("/supervision", "supervision"),
        ("/policies", "policies"),
    ):
        shown(page, address, viewport, screenshot, f"{name}-{language}")


@BOTH
@TONGUES
def test_the_keepers_pages_of_working_time(
    ticket: str, pages: Callable[..., Page], viewport: ViewportSize, screenshot: Screenshot, language: str
) -> None:
    assert ticket
    steward = in_language(pages("steward"), language)
    shown(steward, f"{HALL}/hours", viewport, screenshot, f"hours-{language}")
    shown(steward, f"{HALL}/parent", viewport, screenshot, f"parent-{language}")
    administrator = in_language(pages("sysadmin"), language)
    shown(administrator, "/calendar/years", viewport, screenshot, f"years-{language}")
    shown(administrator, "/workers", viewport, screenshot, f"workers-{language}")


def test_a_year_is_pasted_looked_at_and_signed_off(
    ticket: str, pages: Callable[..., Page], screenshot: Screenshot
) -> None:
    assert ticket
    page = pages("sysadmin")
    page.goto("/calendar/years")
    page.get_by_label("或直接粘贴各行").fill("日期,类型,备注\n2027-02-30,休,春节\n")
    page.get_by_role("button", name="核对日期").click()
    expect(page.get_by_text("日期无法识别")).to_be_visible()
    page.get_by_label("或直接粘贴各行").fill("日期,类型,备注\n2027-02-06,休,春节\n2027-02-07,班,调休\n")
    page.get_by_role("button", name="核对日期").click()
    expect(page.get_by_text("将有以下变动")).to_be_visible()
    screenshot(page, "year-plan")
    page.get_by_role("button", name="签发").click()
    expect(page.get_by_text("2027 年安排已生效")).to_be_visible()
    expect(page.locator("td.day--closed")).to_have_count(1)


def test_hours_of_a_unit_are_changed_and_shown(ticket: str, pages: Callable[..., Page]) -> None:
    assert ticket
    page = pages("steward")
    page.goto(f"{HALL}/hours")
    page.get_by_label("本单位自定，如下").check()
    page.get_by_label("周六").fill("9点")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("周六")).to_have_value("9点")
    page.get_by_label("周六").fill("9:00～12:00")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("周六")).to_have_value("09:00-12:00")
    page.get_by_role("link", name="查看全年日历").click()
    expect(page.locator("[title*='2016年1月9日 · 工作日 · 09:00-12:00']")).to_have_count(1)


def test_a_supervisor_goes_down_to_the_unit_and_into_the_ticket(ticket: str, pages: Callable[..., Page]) -> None:
    assert ticket
    page = pages("corps")
    page.goto("/supervision")
    page.locator(".branches a").first.click()
    page.locator(".branches a").first.click()
    expect(page.locator("h1 + p")).to_contain_text("临江")
    page.locator(".work__title").first.click()
    expect(page.locator(".rungs--done").first).to_be_visible()
    page.get_by_role("link", name="如何计算").first.click()
    expect(page.locator(".countdown")).to_be_visible()
