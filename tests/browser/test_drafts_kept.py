"""An opening half typed survives a closed browser and another computer; opening it takes the draft away."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE, sideways
from tests.conftest import Clock

Pages = Callable[..., Page]
BOTH = pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])


def type_half(page: Page) -> None:
    page.goto("/tickets/new")
    page.locator("[name=registry-words]").press_sequentially("临江")
    page.locator("[role=option]:not([aria-disabled])", has_text="临江市").first.click()
    page.locator("input[name=procedure][value=moved]").check()
    page.locator("#citizens [data-add-row]").click()
    page.locator("[name=citizens-1-name]").fill("王五")
    page.locator("[name=message]").press_sequentially("请协助核对")
    expect(page.locator("[data-save-told]")).to_contain_text("保存", timeout=8000)


@BOTH
def test_what_was_typed_is_there_on_another_computer_and_gone_when_it_is_opened(
    pages: Pages, province_app: Flask, clock: Clock, viewport: ViewportSize
) -> None:
    assert province_app
    clock.set("2016-01-04 09:00")
    first = pages("changyi")
    type_half(first)
    first.context.close()

    other = pages("changyi")
    other.goto("/tickets/new")
    other.locator(".drafts a").first.click()
    expect(other.locator("[name=message]")).to_have_value("请协助核对")
    expect(other.locator("[name=citizens-1-name]")).to_have_value("王五")
    expect(other.locator("input[name=procedure][value=moved]")).to_be_checked()
    expect(other.locator("#preview")).to_contain_text("原户籍地")
    assert sideways(other) <= 0
    found = [one for one in Axe().run(other).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert not found, [(one["id"], [node["html"][:160] for node in one["nodes"][:2]]) for one in found]

    other.locator("[name=places-0-words]").press_sequentially("抚松")
    other.locator("[role=option]:not([aria-disabled])", has_text="抚松").first.click()
    other.get_by_role("button", name="提交协办单", exact=True).click()
    other.wait_for_url("**/tickets/XB*")
    other.goto("/tickets/new")
    expect(other.locator(".drafts")).to_have_count(0)


def test_without_scripts_a_button_keeps_it_and_the_preview_is_a_page(
    pages: Pages, province_app: Flask, clock: Clock
) -> None:
    assert province_app
    clock.set("2016-01-04 09:00")
    page = pages("changyi", java_script_enabled=False)
    page.goto("/tickets/new")
    page.locator("[name=registry-words]").fill("220681")
    page.locator("input[name=procedure][value=address]").check()
    page.locator("[name=message]").fill("请核对住址")
    page.get_by_role("button", name="存为草稿").click()
    expect(page.locator("main")).to_contain_text("已存为草稿")
    expect(page.locator("[name=message]")).to_have_value("请核对住址")
    expect(page.locator("main")).to_contain_text("220681 是临江市")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#preview")).to_contain_text("更新登记")
