"""The public's journey in a browser: from the sign-in page to the guide, to a hall, without signing in."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_citizen_reads_how_and_finds_where_in_either_language(page: Page) -> None:
    page.goto("/sign-in")
    page.locator('a[href^="/guide"]').click()
    expect(page.locator("h1")).to_have_text("在居住地办理居民身份证")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Your identity card, where you live")
    page.locator("#q").fill("changyi")
    page.locator("#q").press("Enter")
    expect(page.locator(".place__name").first).to_contain_text("昌邑")
    assert "language=en" in page.url
    page.goto("/guide/where?language=en")
    page.locator('a[href^="/guide/districts/220681"]').click()
    expect(page.locator(".hit--public").first).to_be_visible()


def test_the_province_writes_a_statement(pages: Callable[..., Page]) -> None:
    page = pages("corps")
    page.goto("/guide-texts")
    page.locator('a[href="/guide-texts/fees"]').click()
    page.locator("[name=statements-0-zh]").fill("换领：每证 21 元。")
    page.locator("[name=why]").fill("2016 年 1 号文")
    page.locator("main button").last.click()
    page.wait_for_load_state()
    page.goto("/guide")
    expect(page.get_by_text("每证 21 元")).to_be_visible()
