"""What is done all day: the main job and a call by the keyboard alone, and how much a page weighs."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from playwright.sync_api import Page, Request, Route, expect

from tests.conftest import DEMO_PASSWORD, Clock

Pages = Callable[..., Page]
MOST_PRESSED, MOST_PRESSED_TO_CALL = 12, 5
FIRST_LOAD, AFTERWARDS = 150_000, 30_000


class Keyboard:
    """Types text, and counts every other key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed.append(key)
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)


def test_from_signing_in_to_a_sent_ticket_by_twelve_keys(page: Page, clock: Clock) -> None:
    assert clock
    keys = Keyboard(page)
    page.goto("/sign-in")
    expect(page.locator("[name=username]")).to_be_focused()
    keys.write("changyi")
    keys.press("Tab")
    keys.write(DEMO_PASSWORD)
    keys.press("Enter")
    expect(page.locator(".has-js h1")).to_have_text("工作台")
    keys.press("n")
    expect(page.locator("[name=registry-words]")).to_be_focused()
    keys.write("linjiang")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("临江市")
    keys.press("Enter")
    expect(page.locator("[data-pick-chosen]").first).to_contain_text("临江市")
    keys.press("Tab", "Tab", "Space")
    expect(page.locator("[name=procedure]:checked")).to_be_focused()
    keys.press("Tab")
    expect(page.locator("[name=message]")).to_be_focused()
    keys.write("请协助核对该人底档照片。")
    keys.press("Control+Enter")
    page.wait_for_url("**/tickets/XB*")
    expect(page.locator("main")).to_contain_text("请协助核对该人底档照片。")
    assert len(keys.pressed) <= MOST_PRESSED, keys.pressed


def test_from_any_page_to_a_dialled_number_by_five_keys(pages: Pages) -> None:
    page = pages("changyi")
    page.goto("/account")
    expect(page.locator(".has-js h1")).to_be_visible()
    keys = Keyboard(page)
    keys.press("/")
    keys.write("linjiang")
    expect(page.locator("[role=option]").first).to_contain_text("临江市")
    keys.press("ArrowDown", "Enter")
    page.wait_for_url("**/directory/units/220681000000")
    expect(page.locator(".has-js h1")).to_be_visible()
    page.evaluate(
        """document.addEventListener("click", (event) => {
             const link = event.target.closest("a[href^='tel:']");
             if (link) { event.preventDefault(); document.body.dataset.dialled = link.href; }
           })"""
    )
    keys.press("c")
    expect(page.locator("body")).to_have_attribute("data-dialled", page.locator("main a[href^='tel:']").first.get_attribute("href") or "")
    assert len(keys.pressed) <= MOST_PRESSED_TO_CALL


def test_keys_lead_to_the_places_and_through_the_lines(pages: Pages, province_app: Flask, clock: Clock) -> None:
    assert province_app
    assert clock
    page = pages("corps")
    expect(page.locator(".has-js h1")).to_be_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="快捷键")
    expect(dialog).to_contain_text("列表的下一行")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    for letter, address in (("d", "**/directory"), ("s", "**/supervision"), ("p", "**/procedures"), ("w", "**/")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(address)
        expect(page.locator(".has-js h1")).to_be_visible()
        if letter == "d":
            page.keyboard.type("linjiang")
            expect(page.locator("[data-hit]").first).to_contain_text("临江")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("j")
            expect(page.locator("[data-hit]").nth(1)).to_be_focused()
            page.keyboard.press("k")
            expect(page.locator("[data-hit]").first).to_be_focused()


def test_a_word_asks_the_server_twice_at_most(pages: Pages) -> None:
    page = pages("changyi")
    page.goto("/account")
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/look-up/options" in request.url:
            asked.append(request.url)

    page.on("request", note)
    for word, delay in (("changyi", 40), ("linjiang", 350)):
        asked.clear()
        page.locator("[data-find]").fill("")
        page.locator("[data-find]").press_sequentially(word, delay=delay)
        expect(page.locator(".option--all")).to_contain_text(word)
        assert 1 <= len(asked) <= 2, asked


def test_without_scripts_the_box_leads_to_its_page(pages: Pages) -> None:
    page = pages("changyi", java_script_enabled=False)
    page.locator("header [name=q]").fill("linjiang")
    page.locator("header [name=q]").press("Enter")
    page.wait_for_url("**/look-up?q=linjiang")
    expect(page.locator(".hit__name").first).to_contain_text("临江")


def test_the_work_list_is_light(pages: Pages, clock: Clock) -> None:
    assert clock
    page = pages("changyi")
    weighed = Scales(page)
    first = weighed.of("/")
    again = weighed.of("/?view=waiting")
    assert first <= FIRST_LOAD, weighed.parts
    assert again <= AFTERWARDS, weighed.parts


class Scales:
    """How many bytes a page costs, over the wire; the first time with an empty cache."""

    def __init__(self, page: Page) -> None:
        self.page, self.parts = page, {}  # type: Page, dict[str, int]
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Network.enable")
        self.wire.send("Network.clearBrowserCache")
        self.wire.on("Network.responseReceived", self._began)
        self.wire.on("Network.loadingFinished", self._ended)
        self.names: dict[str, str] = {}

    def of(self, address: str) -> int:
        self.parts.clear()
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")
        return sum(self.parts.values())

    def _began(self, event: dict[str, Any]) -> None:
        self.names[event["requestId"]] = event["response"]["url"]

    def _ended(self, event: dict[str, Any]) -> None:
        self.parts[self.names.get(event["requestId"], "?")] = int(event["encodedDataLength"])


def test_whoever_types_before_the_scripts_have_come_keeps_the_cursor(page: Page, clock: Clock) -> None:
    assert clock
    late: list[Route] = []
    page.route("**/js/app.js*", lambda route: late.append(route))  # noqa: PLW0108  playwright marks what it is given
    page.goto("/sign-in", wait_until="commit")
    page.locator("[name=username]").fill("changyi")
    page.locator("[name=password]").fill("wrong")
    page.locator("[name=password]").press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.locator("[name=password]").type("not ")
    late[-1].continue_()
    expect(page.locator("html.has-js")).to_be_attached()
    page.keyboard.type("yet")
    expect(page.locator("[name=password]")).to_have_value("not yet")


def test_what_is_wrong_has_the_cursor_where_nobody_has_begun(page: Page, clock: Clock) -> None:
    assert clock
    page.goto("/sign-in")
    page.locator("[name=username]").fill("changyi")
    page.locator("[name=password]").fill("wrong")
    page.locator("[name=password]").press("Enter")
    expect(page.locator("[role=alert]")).to_be_focused()
