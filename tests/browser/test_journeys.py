"""Every page that a role can reach, walked once in one province: it fits a desk, a telephone and 200 % zoom, in both
languages, light and dark; axe finds nothing serious, the console says nothing, nothing is asked of anybody else.
"""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize
from sqlalchemy import select

from portal.accounts.models import Officer
from portal.cipher import cipher
from portal.extensions import db
from portal.statistics.tallying import tally_all
from portal.tickets.checking import Opening
from portal.tickets.opening import open_ticket
from portal.web.navigation import PLACES
from tests.browser.conftest import PHONE, WIDE
from tests.conftest import Clock, in_utc
from tests.factories import actor_for
from tests.year import make_year

ZOOMED: ViewportSize = {"width": 640, "height": 450}
"1280 × 900 at 200 %."
TICKETS = 150
BELOW = {
    "changyi": ["/tickets/{number}", "/?view=waiting", "/?view=unread", "/tickets/{number}/letters", "/tickets/{number}/links",
                "/directory?q=linjiang", "/directory/units/220681000000", "/look-up?q=临江", "/search?q=核对",
                "/procedures/moved"],
    "linjiang": ["/tickets/{number}"],
    "corps": ["/statistics?period=year&measure=asked", "/guide-texts/fees", "/procedures/enquiry/edit", "/procedures/new"],
    "steward": ["/directory/corrections", "/directory/check", "/directory/roster-import", "/directory/imports",
                "/directory/units/220202000000", "/directory/units/220202000000/changes",
                "/directory/units/220202000000/hours", "/directory/units/220202000000/roster",
                "/directory/units/220202000000/contacts"],
    "sysadmin": ["/accounts/new", "/accounts/1", "/accounts/imports", "/tokens/new"],
    "secadmin": ["/roles/1"],
    "auditor": ["/account/second-factor"],
}  # fmt: skip
"What is reached from the places of the navigation, by whom."
NOT_THERE = "/not-there"
PUBLIC = ["/sign-in", "/guide", "/guide/where?q=changyi", "/guide/districts/220681", NOT_THERE]
LANGUAGES = ("zh", "en")
ILL_SET = """() => {
  const lines = [];
  const unseen = (element) => element && (element.getBoundingClientRect().width <= 1 || unseen(element.parentElement));
  for (const element of document.querySelectorAll("main *, .top__nav *")) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || unseen(element)) continue;
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const clip = element.closest(".visually-hidden, .scroll, [data-scrolls], .top__nav span, textarea, option");
      if (clip && !clip.matches(".top__nav span")) continue;
      const inside = clip ? clip.getBoundingClientRect() : null;
      const boxes = [...range.getClientRects()].filter((box) => box.width > 2 && box.height > 2 && box.top < 2 * innerHeight);
      const bar = Boolean(element.closest(".top__nav"));
      boxes.forEach((box) => lines.push({ box, bar, element, text: node.data.trim().slice(0, 30), right: inside ? inside.right : box.right }));
      const letters = node.data.trim().length;
      if (boxes.length > 3 && letters > 6 && boxes.every((box) => box.width < 24))
        lines.push({ broken: `${node.data.trim().slice(0, 30)} is broken letter by letter`, box: boxes[0], element, bar, right: 0 });
    }
  }
  const found = lines.filter((one) => one.broken).map((one) => one.broken);
  for (let i = 0; i < lines.length; i++)
    for (let j = i + 1; j < lines.length; j++) {
      const [one, other] = [lines[i], lines[j]];
      if (one.bar !== other.bar || one.element === other.element) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (across > 3 && down > 4) found.push(`“${one.text}” lies over “${other.text}”`);
    }
  return [...new Set(found)].slice(0, 5);
}"""
"Texts that lie over one another, or are so narrow that each line holds a letter; those of the first two screens."


@pytest.fixture
def lived_in(province_app: Flask, clock: Clock) -> str:
    """A province with a year behind it, and one ticket of today; its number."""
    with province_app.app_context():
        make_year(db.session, TICKETS, in_utc("2016-01-04 09:00"), clock.set("2016-12-30 09:00"))
        db.session.commit()
        officers = {each.username: each for each in db.session.scalars(select(Officer))}
        opening = Opening(procedure="enquiry", message="请协助核对底档。", registry=officers["linjiang"].unit_code, subject="底档核对")
        ticket = open_ticket(db.session, actor_for(officers["changyi"]), opening, clock.now, cipher())
        db.session.commit()
        tally_all(db.sessionmaker, clock.now)
        return ticket.number


class Walk:
    """Goes to each page, and keeps what is wrong with it, so that one run tells everything."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.judged: set[tuple[str, str]] = set()

    def go(self, page: Page, address: str, language: str) -> None:
        """In Chinese at a desk by day, in English on a telephone by night; then at the other sizes as it stands."""
        first, others = (WIDE, (PHONE, ZOOMED)) if language == "zh" else (PHONE, (WIDE, ZOOMED))
        page.emulate_media(color_scheme="light" if language == "zh" else "dark")
        page.set_viewport_size(first)
        answer = page.goto(address)
        if answer is None or not (answer.ok or address.startswith(NOT_THERE)):
            self.wrong.append(f"{address} in {language}: answered with {answer and answer.status}")
        self._judge(page, address, language)
        for size in (first, *others):
            self._fits(page, address, language, size)

    def _judge(self, page: Page, address: str, language: str) -> None:
        if (address, language) in self.judged:
            return
        self.judged.add((address, language))
        for one in Axe().run(page).response["violations"]:
            if one["impact"] in {"serious", "critical"}:
                nodes = [node["html"][:120] for node in one["nodes"][:2]]
                self.wrong.append(f"{address} in {language}: {one['id']} {nodes}")

    def _fits(self, page: Page, address: str, language: str, size: ViewportSize) -> None:
        page.set_viewport_size(size)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            self.wrong.append(f"{address} in {language}: {width} wide at {size['width']}")
        self.wrong += [f"{address} in {language} at {size['width']}: {each}" for each in page.evaluate(ILL_SET)]


def offered(page: Page) -> Iterator[str]:
    """The places of the navigation."""
    for link in page.locator(".top__navbox .top__nav a").all():
        yield link.get_attribute("href") or ""


def walked(walk: Walk, page: Page, more: list[str]) -> list[str]:
    """Everything that one officer reaches, in both languages; the places that the navigation offered."""
    places = list(dict.fromkeys(filter(None, offered(page))))
    for language in LANGUAGES:
        if language == "en":
            page.set_viewport_size(WIDE)
            page.goto("/account")
            page.get_by_role("button", name="English").first.click()
            page.locator("html[lang=en]").wait_for()
        for address in (*places, *more):
            walk.go(page, address, language)
    page.context.close()
    return places


def test_every_page_of_every_role_can_be_read_by_everybody(
    pages: Callable[..., Page], page: Page, lived_in: str
) -> None:
    walk, seen = Walk(), set()
    for username, more in BELOW.items():
        seen |= set(walked(walk, pages(username), [address.format(number=lived_in) for address in more]))
    for language in LANGUAGES:
        for address in PUBLIC:
            walk.go(page, f"{address}{'&' if '?' in address else '?'}language={language}", language)
    assert len(seen) == len(PLACES), "a place of the navigation that nobody here is offered"
    assert not walk.wrong, "\n".join(walk.wrong)
