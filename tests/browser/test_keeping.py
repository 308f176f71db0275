"""A steward keeps the directory in a browser: pages on both screens, a merger looked at before it is done."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, sideways

HALL = "/directory/units/220681000000"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_the_stewards_pages_fit_the_screen(pages: Callable[..., Page]) -> None:
    page = pages("steward")
    page.goto(f"{HALL}/roster")
    page.locator("#shift-day").fill("2099-02-08")
    page.locator("#shift button").click()
    expect(page.locator("table")).to_be_visible()
    page.goto(HALL)
    contact = page.locator(".person a.btn").first.get_attribute("href")
    addresses = [HALL, f"{HALL}/changes", f"{HALL}/contacts", f"{HALL}/history", f"{HALL}/reports", f"{HALL}/roster"]
    others = ["/directory/corrections", "/directory/check", "/directory/roster-import", f"{HALL}/merger", contact or ""]
    for address in [*addresses, *others]:
        assert page.goto(address).ok  # type: ignore[union-attr]
        assert sideways(page) <= 0, f"{address} is wider than the screen"


def test_a_station_is_merged_after_a_look_at_what_will_happen(pages: Callable[..., Page]) -> None:
    page = pages("steward")
    page.goto(HALL)
    page.locator(".below a").first.click()
    merged = page.locator("h1").inner_text()
    page.get_by_role("link", name="并入其他单位").click()
    page.locator("[data-pick] input[type=search]").fill("临江市公安局户政大厅")
    page.locator("[role=option]").first.click()
    page.get_by_label("文件或依据").fill("机构改革方案")
    page.get_by_role("button", name="查看合并后果").click()
    expect(page.locator(".foreseen")).to_contain_text("指向临江市公安局户政大厅")
    page.get_by_role("button", name="确认合并").click()
    expect(page.locator("h1")).to_have_text("临江市公安局户政大厅")
    page.goto(f"/directory?q={merged}")
    expect(page.locator(".hit").first).to_contain_text("临江市公安局户政大厅")


def test_a_contact_changed_and_a_phone_added_come_back_saved(pages: Callable[..., Page]) -> None:
    page = pages("steward")
    page.goto(HALL)
    page.get_by_role("link", name="编辑户籍窗口").first.click()
    page.locator("#phones-1-number").fill("0439-8001234")
    page.get_by_role("button", name="再加一个电话").click()
    expect(page.locator("#phones-1-number")).to_have_value("0439-8001234")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".person").first).to_contain_text("0439-8001234")
    page.goto(f"{HALL}/history")
    expect(page.locator(".history__item").first).to_contain_text("0439-8001234")
