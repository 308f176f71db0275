"""Statistics in a browser: a year of tickets looked at, down the tree, as pictures and tables; reports and sheets taken."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from portal.extensions import db
from portal.statistics.tallying import tally_all
from tests.browser.conftest import PHONE, WIDE
from tests.conftest import Clock, in_utc
from tests.year import make_year

Screenshot = Callable[..., object]
BOTH = pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
TONGUES = pytest.mark.parametrize("language", ["zh", "en"])
TICKETS = 1_200


@pytest.fixture
def year(province_app: Flask, clock: Clock) -> None:
    """A year of the demonstration province, seen on its last day."""
    with province_app.app_context():
        make_year(db.session, TICKETS, in_utc("2016-01-04 09:00"), clock.set("2016-12-30 16:00"))
        db.session.commit()
        tally_all(db.sessionmaker, clock.now)


def shown(page: Page, address: str, viewport: ViewportSize, screenshot: Screenshot, name: str) -> None:
    """The page fits the screen, is looked at, and axe finds nothing serious on it."""
    assert page.goto(address).ok  # type: ignore[union-attr]
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], f"{address} hangs over the edge"
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert not found, [(one["id"], [node["html"][:120] for node in one["nodes"][:2]]) for one in found]
    screenshot(page, f"{name}-{'phone' if viewport == PHONE else 'wide'}")


@BOTH
@TONGUES
@pytest.mark.usefixtures("year")
def test_the_overview_of_the_province_and_of_a_prefecture(
    pages: Callable[..., Page], viewport: ViewportSize, screenshot: Screenshot, language: str
) -> None:
    for username, scheme in (("corps", "light"), ("baishan", "dark")):
        page = pages(username, color_scheme=scheme)
        if language == "en":
            page.get_by_role("button", name="English").click()
            page.wait_for_load_state("networkidle")
        address = "/statistics?period=year&measure=asked"
        shown(page, address, viewport, screenshot, f"statistics-{username}-{language}")


@pytest.mark.usefixtures("year")
def test_a_supervisor_chooses_a_period_goes_down_the_tree_and_takes_the_figures_away(
    pages: Callable[..., Page]
) -> None:
    page = pages("corps")
    page.get_by_role("link", name="统计", exact=True).click()
    expect(page.get_by_role("link", name="本月")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="近 90 天").click()
    expect(page.locator(".figure__value").first).not_to_have_text("0")
    page.locator("table.figures a").first.click()
    expect(page.locator(".trail")).to_be_visible()
    expect(page.get_by_role("link", name="近 90 天")).to_have_attribute("aria-current", "page")
    page.get_by_label("自").fill("2016-11-01")
    page.get_by_label("至", exact=True).fill("2016-11-30")
    page.get_by_role("button", name="显示").click()
    expect(page.locator(".head__lead")).to_contain_text("2016年11月30日")
    for link, ending in (("日报", ".pdf"), ("月报", ".pdf"), ("全部表格", ".xlsx")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=link).click()
        assert taken.value.suggested_filename.endswith(ending)


def test_before_anything_happened_the_page_teaches(
    pages: Callable[..., Page], viewport: ViewportSize, screenshot: Screenshot
) -> None:
    page = pages("corps")
    shown(page, "/statistics", viewport, screenshot, "statistics-empty")
    expect(page.get_by_text("尚无可统计的内容")).to_be_visible()
