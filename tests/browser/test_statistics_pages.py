"""Statistics in a browser: a year of tickets looked at, down the tree, as pictures and tables; reports and sheets taken."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from portal.extensions import db
from portal.statistics.tallying import tally_all
from tests.conftest import Clock, in_utc
from tests.year import make_year

TICKETS = 300


@pytest.fixture
def year(province_app: Flask, clock: Clock) -> None:
    """A year of the demonstration province, seen on its last day."""
    with province_app.app_context():
        make_year(db.session, TICKETS, in_utc("2016-01-04 09:00"), clock.set("2016-12-30 16:00"))
        db.session.commit()
        tally_all(db.sessionmaker, clock.now)


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


def test_before_anything_happened_the_page_teaches(pages: Callable[..., Page]) -> None:
    page = pages("corps")
    page.goto("/statistics")
    expect(page.get_by_text("尚无可统计的内容")).to_be_visible()
