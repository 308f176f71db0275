"""The look-up boxes in a browser: the keyboard suffices, and an ID number stays on the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from directory.first_six import first_six
from tests.rules.test_first_six import CUT, LEFT

Pages = Callable[..., Page]
NUMBER = "220681199001011234"


def test_the_keyboard_suffices_from_any_page(pages: Pages) -> None:
    page = pages("changyi")
    page.goto("/account")
    page.keyboard.press("/")
    box = page.locator("[data-find]")
    expect(box).to_be_focused()
    page.keyboard.type("zhanqian")
    options = page.locator("[role=option]")
    expect(options.first).to_contain_text("站前")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("ArrowUp")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("[role=listbox]")).to_be_hidden()
    expect(box).to_have_value("zhanqian")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/directory/units/220202006000")


def test_the_list_of_the_directory_is_walked_with_the_arrows(pages: Pages) -> None:
    page = pages("changyi")
    page.goto("/directory")
    expect(page.locator("[data-live]")).to_be_focused()
    page.keyboard.type("lin jiang")
    expect(page.locator("[data-hit]").first).to_contain_text("临江市")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-hit]").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-live]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/directory/units/220681000000")


@pytest.mark.parametrize("typed", [NUMBER, "220681 19900101 1234"])
def test_of_an_id_number_six_digits_leave_the_page(pages: Pages, typed: str) -> None:
    page = pages("changyi")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url + (request.post_data or ""))

    page.on("request", note)
    page.goto("/directory")
    page.locator("[data-live]").fill(typed)
    expect(page.locator(".hint").first).to_contain_text("前六位")
    expect(page.locator("[data-hit]").first).to_contain_text("临江市")
    page.keyboard.press("Enter")
    page.wait_for_url("**/directory?q=220681")
    page.goto("/tickets/new")
    page.locator("[name=registry-words]").fill(typed)
    page.locator("[role=option][data-code]", has_text="临江市").first.click()  # above it stands why
    page.goto("/account")
    page.locator("[data-find]").fill(typed)
    expect(page.locator("[role=option]").first).to_contain_text("临江市")
    page.keyboard.press("Enter")
    page.wait_for_url("**/look-up?q=220681*")
    assert not [each for each in asked if "1990" in each]


def test_the_page_cuts_as_the_server_does(pages: Pages) -> None:
    page = pages("changyi")
    page.goto("/directory")
    module = page.evaluate("document.querySelector('script[type=module]').src.replace('app.js', 'first_six.js')")
    for typed in (*CUT, *LEFT):
        cut = page.evaluate("async ([module, typed]) => (await import(module)).firstSix(typed)", [module, typed])
        assert cut == first_six(typed)
