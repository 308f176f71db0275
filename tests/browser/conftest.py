"""Chromium against the demonstration province, served by this very process, so that the `clock` moves it as well.

A page may not write an error to the console, break the content security policy, or ask anything of another host.
"""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Response,
    ViewportSize,
    sync_playwright,
)
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.conftest import DEMO_PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"As root there is no sandbox to be had; and Chromium talks to nobody but us."
SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Debian's Chromium, started once per worker; without it the test is skipped, in CI it is an error."""
    if not CHROMIUM.exists():
        message = "Chromium is not installed (tests/install.sh)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    browser: Browser = request.getfixturevalue("playwright").chromium.launch(executable_path=CHROMIUM, args=ALONE)
    yield browser
    browser.close()


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """SQLite; `@pytest.mark.parametrize("database", ["postgresql"], indirect=True)` for the other one."""
    return str(request.param)


class Quiet(WSGIRequestHandler):
    """Says nothing about each request, and waits for no connection that a browser opened and forgot."""

    timeout = 10

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the name is werkzeug's
        pass


def in_one_piece(app: WSGIApplication) -> WSGIApplication:
    """Each answer read and closed before it is sent: where a browser has gone meanwhile, werkzeug's server closes none."""

    def answered(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        parts = app(environ, start)
        try:
            return [b"".join(parts)]
        finally:
            getattr(parts, "close", lambda: None)()

    return answered


@pytest.fixture
def live_server(province_app: Flask) -> Iterator[str]:
    """The address of the province, served by threads of this process."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, in_one_piece(province_app), threaded=True, request_handler=Quiet)
    server.daemon_threads = False  # closing waits for answers under way: one cut off would leave its file open
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Faults:
    """What went wrong on the pages of a test."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("response", self._response)

    def forgive(self, part: str) -> None:
        """Takes back what the test provoked on purpose; an error if it did not happen."""
        kept = [fault for fault in self.found if part not in fault]
        assert len(kept) < len(self.found), f"nothing went wrong with {part!r}"
        self.found = kept

    def _console(self, message: ConsoleMessage) -> None:
        # that a page itself was answered with 4xx is for the test to judge; what it loads is judged below
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.found.append(f"console: {message.text} ({message.location.get('url')})")

    def _response(self, response: Response) -> None:
        if not response.url.startswith((self.address, "data:", "blob:")):
            self.found.append(f"elsewhere: {response.url}")
        elif response.status >= (500 if response.request.is_navigation_request() else 400):
            self.found.append(f"{response.status}: {response.url}")


@pytest.fixture
def faults(live_server: str) -> Iterator[Faults]:
    """What went wrong; nothing may have at the end (`faults.forgive(part)` for what was meant to)."""
    watching = Faults(live_server)
    yield watching
    assert not watching.found


@pytest.fixture(params=[pytest.param(WIDE, id="wide")])
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    """1280 × 900; `@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])` for others."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def wide() -> ViewportSize:
    """A desk's screen."""
    return WIDE


@pytest.fixture
def phone() -> ViewportSize:
    """A telephone's screen."""
    return PHONE


Contexts = Callable[..., BrowserContext]


@pytest.fixture
def contexts(chromium: Browser, live_server: str, viewport: ViewportSize, faults: Faults) -> Iterator[Contexts]:
    """`contexts(**options)`: another browser profile, with cookies of its own."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        chosen = {
            "base_url": live_server,
            "viewport": viewport,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            **options,
        }
        context = chromium.new_context(**chosen)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        context.on("page", faults.watch)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(contexts: Contexts) -> Page:
    """One page of somebody not signed in."""
    return contexts().new_page()


@pytest.fixture
def pages(contexts: Contexts) -> Callable[..., Page]:
    """`pages(username)`: a page of that officer, in a profile of its own, signed in through the form."""

    def sign_in(username: str, **options: object) -> Page:
        page = contexts(**options).new_page()
        page.goto("/sign-in")
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(DEMO_PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    return sign_in


@pytest.fixture
def screenshot() -> Callable[..., Path]:
    """`screenshot(page, name)`: the whole page as `screenshots/NAME.png`, to be looked at."""

    def take(page: Page, name: str, *, full_page: bool = True) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=full_page, animations="disabled")
        return path

    return take


def sideways(page: Page) -> int:
    """How many pixels the page is wider than the screen, once its style sheets have come: words stand before those do."""
    page.wait_for_load_state("load")
    screen = page.viewport_size
    return int(page.evaluate("document.documentElement.scrollWidth")) - (screen["width"] if screen else 0)
