"""The public's journey in a browser: from the sign-in page to the guide, to a hall, without signing in."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE

BOTH = pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])


def looked_at(page: Page, viewport: ViewportSize, screenshot: Callable[..., object], name: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], f"{name} hangs over the edge"
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert not found, [(one["id"], [node["html"][:120] for node in one["nodes"][:2]]) for one in found]
    screenshot(page, f"{name}-{'phone' if viewport == PHONE else 'wide'}")


@BOTH
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_citizen_reads_how_and_finds_where(
    page: Page, viewport: ViewportSize, screenshot: Callable[..., object], language: str
) -> None:
    page.goto("/sign-in")
    page.locator('a[href^="/guide"]').click()
    expect(page.locator("h1")).to_have_text("在居住地办理居民身份证")
    if language == "en":
        page.get_by_role("link", name="English").click()
        expect(page.locator("h1")).to_have_text("Your identity card, where you live")
    looked_at(page, viewport, screenshot, f"guide-{language}")
    page.locator("#q").fill("changyi")
    page.locator("#q").press("Enter")
    expect(page.locator(".place__name").first).to_contain_text("昌邑")
    assert ("language=en" in page.url) == (language == "en")
    looked_at(page, viewport, screenshot, f"guide-where-{language}")
    page.goto(f"/guide/where?language={language}")
    page.locator('a[href^="/guide/districts/220681"]').click()
    expect(page.locator(".hit--public").first).to_be_visible()
    looked_at(page, viewport, screenshot, f"guide-district-{language}")


@BOTH
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_province_writes_a_statement(
    pages: Callable[..., Page], viewport: ViewportSize, screenshot: Callable[..., object], language: str
) -> None:
    page = pages("corps")
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.wait_for_load_state("networkidle")
    page.goto("/guide-texts")
    looked_at(page, viewport, screenshot, f"guide-texts-{language}")
    page.locator('a[href="/guide-texts/fees"]').click()
    page.locator("[name=statements-0-zh]").fill("换领：每证 21 元。")
    page.locator("[name=why]").fill("2016 年 1 号文")
    page.locator("main button").last.click()
    page.wait_for_load_state()
    looked_at(page, viewport, screenshot, f"guide-text-{language}")
    page.goto("/guide")
    expect(page.get_by_text("每证 21 元")).to_be_visible()
