"""The portal comes up in a browser: signing in through the form, on both databases."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_an_officer_signs_in_through_the_form(pages: Callable[..., Page]) -> None:
    page = pages("changyi")
    expect(page.locator("h1").first).to_be_visible()
