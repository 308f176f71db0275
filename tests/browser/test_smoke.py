"""The portal comes up in a browser: signing in through the form, on both databases and both screens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_an_officer_signs_in_through_the_form(pages: Callable[..., Page]) -> None:
    page = pages("changyi")
    expect(page.locator("h1").first).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_the_pages_fit_the_screen(pages: Callable[..., Page]) -> None:
    page = pages("changyi")
    for address in ("/", "/directory", "/tickets/new", "/account"):
        assert page.goto(address).ok
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{address} is wider than the screen"
        )
