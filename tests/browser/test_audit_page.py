"""The auditor's page: narrowed by the keyboard, taken away with the password given again; both languages, both sizes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE, Faults, sideways
from tests.conftest import DEMO_PASSWORD, Clock


def tab_to(page: Page, name: str) -> None:
    """On by the tabulator alone, as somebody without a mouse comes there."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never comes to {name}")


def test_the_log_is_narrowed_by_the_keyboard_and_taken_away_with_the_password(
    pages: Callable[..., Page], clock: Clock, screenshot: Callable[..., Path]
) -> None:
    pages("changyi")
    page = pages("auditor")
    page.goto("/audit")
    rows = page.locator("table tbody tr")
    expect(rows.first).to_be_visible()
    tab_to(page, "who")
    page.keyboard.type("王示例")
    tab_to(page, "what")
    page.keyboard.press("ArrowDown")
    expect(page.locator("select[name=what]")).to_have_value("sign-in")
    tab_to(page, "object")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "what=sign-in" in url)
    expect(rows.first).to_contain_text("sign-in.succeeded")
    for row in rows.all():
        expect(row).to_contain_text("王示例")
    screenshot(page, "audit-narrowed")
    clock.move(minutes=11)
    page.locator("button[formaction$=csv]").press("Enter")
    expect(page.locator("[name=proof]")).to_be_visible()
    page.locator("[name=proof]").fill(DEMO_PASSWORD)
    with page.expect_download() as taken:
        page.locator("[name=proof]").press("Enter")
    sheet = Path(taken.value.path()).read_text(encoding="utf-8-sig")
    lines = sheet.splitlines()
    assert lines[0].startswith("时间,操作人")
    assert len(lines) > 1
    assert all("王示例" in line and "sign-in." in line for line in lines[1:])
    page.goto("/audit?what=audit")
    expect(rows.first).to_contain_text("audit.export")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_it_fits_in_both_languages(
    pages: Callable[..., Page], viewport: ViewportSize, screenshot: Callable[..., Path], faults: Faults, clock: Clock
) -> None:
    assert clock
    page = pages("auditor")
    for language, title in (("zh", "审计日志"), ("en", "Audit log")):
        if language == "en":
            page.locator(".tongue").click()
        page.goto("/audit")
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator("table tbody tr").first).to_be_visible()
        assert sideways(page) <= 0, f"{language} scrolls sideways at {viewport['width']}"
        screenshot(page, f"audit-{language}-{viewport['width']}")
    assert not faults.found
