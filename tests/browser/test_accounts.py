"""Sign-in with a second factor, proof once more, accounts and roles, in a browser, both languages, both sizes."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE, Contexts, Faults, sideways
from tests.conftest import DEMO_PASSWORD, Clock

Shot = Callable[[Page, str], Path]


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.locator("[name=password]").press("Enter")


def sign_out(page: Page) -> None:
    page.locator(".menu:not(.menu--more) > summary").click()
    page.locator(".menu__sheet form button").click()
    page.wait_for_url("**/sign-in")


def set_up(page: Page, clock: Clock, screenshot: Shot) -> tuple[str, str]:
    """The secret and one recovery code, as somebody without a camera would take them down."""
    page.goto("/account/second-factor")
    page.locator("form[action$=secrets] button").click()
    picture = page.locator(".qr img")
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    page.locator("details summary", has_text="手工输入密钥").click()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    screenshot(page, "factor-zh")
    page.locator("[name=code]").fill(pyotp.TOTP(secret).at(clock.now))
    page.locator("form[action$=confirmations] button").click()
    codes = page.locator("[data-code]")
    expect(codes).to_have_count(10)
    screenshot(page, "recovery-codes-zh")
    return secret, codes.first.inner_text()


def test_a_second_factor_is_set_up_and_asked_for_and_a_recovery_code_stands_in(
    page: Page, clock: Clock, screenshot: Shot
) -> None:
    sign_in(page, "changyi")
    secret, recovery = set_up(page, clock, screenshot)
    sign_out(page)
    clock.move(minutes=1)
    sign_in(page, "changyi")
    page.wait_for_url("**/sign-in/code")
    screenshot(page, "code-zh")
    page.locator("[name=code]").fill("000000")
    page.locator("[name=code]").press("Enter")
    expect(page.locator("[role=alert] li")).to_have_count(1)
    page.locator("[name=code]").fill(pyotp.TOTP(secret).at(clock.now))
    page.locator("[name=code]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    sign_out(page)
    sign_in(page, "changyi")
    page.locator("[name=code]").fill(recovery.lower())
    page.locator("[name=code]").press("Enter")
    expect(page.locator(".notes")).to_contain_text("还剩 9 个")


def test_before_a_sensitive_act_the_password_is_asked_for_and_nothing_typed_is_lost(
    pages: Callable[..., Page], clock: Clock, screenshot: Shot
) -> None:
    page = pages("sysadmin")
    page.goto("/accounts?q=changyi")
    page.locator("td a").first.click()
    page.locator("[name=name]").fill("王示例二")
    clock.move(minutes=11)
    page.locator("form[action$=changes] button").click()
    expect(page.locator("h1")).to_have_text("请确认是您本人")
    screenshot(page, "proof-zh")
    page.locator("[name=proof]").fill(DEMO_PASSWORD)
    page.locator("[name=proof]").press("Enter")
    expect(page.locator("h1")).to_contain_text("王示例二")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_fit_and_show(
    contexts: Contexts, viewport: ViewportSize, language: str, screenshot: Shot, faults: Faults, clock: Clock
) -> None:
    assert clock
    size = "wide" if viewport == WIDE else "phone"
    for username, addresses in {
        "sysadmin": ["/accounts", "/accounts/new", "/accounts/imports", "/accounts/1", "/accounts/1/moves",
                     "/accounts/1/departures", "/account", "/account/second-factor"],
        "secadmin": ["/roles", "/roles?state=no-role", "/roles/1", "/sessions"],
    }.items():  # fmt: skip
        page = contexts().new_page()
        sign_in(page, username)
        page.wait_for_url(lambda url: "/sign-in" not in url)
        if language == "en":
            page.locator(".tongue").click()
        for address in addresses:
            page.goto(address)
            assert sideways(page) <= 0, f"{address} scrolls sideways at {size}"
            screenshot(page, f"staff{address.replace('/', '-').replace('?', '-')}-{language}-{size}")
    assert not faults.found
