"""`make screenshots`: the twelve main pages at a desk and on a telephone, light and dark, to be looked at.

Into `screenshots/`, which git does not keep. Those of the README are copied from there into `docs/pictures`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Officer
from portal.cipher import cipher
from portal.conversation.actions import send_message
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.health.beating import beat
from portal.lookup.finding import look_up
from portal.mail.deliver import deliver
from portal.statistics.tallying import tally_all
from portal.tickets.checking import Opening
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Ticket
from portal.tickets.moves import Answer, answer, sign_for
from portal.tickets.opening import open_ticket
from portal.tickets.queries import load_task
from tests.browser.conftest import PHONE, SCREENSHOTS, WIDE
from tests.conftest import Clock, in_utc
from tests.factories import actor_for
from tests.year import make_year

Pages = Callable[..., Page]
TICKETS = 900
STORIES = (
    # when it was opened, by whom, with whom, what, urgency, what the other side has done
    ("2016-12-19 09:20", "changyi", "linjiang", "check-and-sign", "身份证到期换领，照片不清", "normal", "signed"),
    ("2016-12-21 10:05", "chaoyang", "linjiang", "enquiry", "曾用名与底档不一致", "normal", "signed"),
    ("2016-12-26 14:10", "tumen", "linjiang", "enquiry", "迁移证编号核对", "normal", "signed"),
    ("2016-12-23 08:40", "changyi", "linjiang", "check-and-sign", "户口迁移后首次申领", "urgent", "signed"),
    ("2016-12-26 09:00", "linjiang", "changyi", "enquiry", "出生登记地核实", "normal", "answered"),
    ("2016-12-26 15:30", "chaoyang", "linjiang", "check-and-sign", "身份证丢失补领", "normal", ""),
    ("2016-12-27 09:15", "linjiang", "tumen", "enquiry", "亲属关系核实", "normal", "signed"),
    ("2016-12-27 10:45", "changyi", "linjiang", "check-and-sign", "到期换领", "normal", "signed"),
    ("2016-12-27 15:10", "tumen", "linjiang", "enquiry", "民族成份更正依据", "normal", ""),
    ("2016-12-28 09:05", "chaoyang", "linjiang", "check-and-sign", "首次申领，指纹待补", "normal", ""),
)
PICTURES = (
    ("sign-in", "", "/sign-in"),
    ("work-list", "linjiang", "/"),
    ("ticket", "linjiang", "/tickets/{number}"),
    ("new-ticket", "changyi", "/tickets/new?registry=220681000000"),
    ("directory", "changyi", "/directory?q=linjiang"),
    ("unit", "changyi", "/directory/units/220681000000"),
    ("look-up", "linjiang", "/look-up?q=临江"),
    ("supervision", "baishan", "/supervision"),
    ("statistics", "corps", "/statistics?period=year&measure=asked"),
    ("procedure", "changyi", "/procedures/check-and-sign"),
    ("guide", "", "/guide"),
    ("audit-log", "auditor", "/audit"),
)

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
LONG = {"new-ticket", "audit-log"}
"Of which the first screen is enough; of a telephone it is of all, since the bar at its foot would stand amid the page."


@pytest.fixture
def stories(province_app: Flask, clock: Clock) -> str:
    """A year, and some tickets of the last days; the number of the one that is shown."""
    with province_app.app_context():
        make_year(db.session, TICKETS, in_utc("2016-01-04 09:00"), clock.set("2016-12-15 16:00"))
        db.session.commit()
        officers = {each.username: each for each in db.session.scalars(select(Officer))}
        for officer in officers.values():
            officer.toured_at = clock.now  # the pages as they are every day
        numbers = [tell(officers, clock, *story) for story in STORIES]
        clock.set("2016-12-28 10:20")
        db.session.commit()  # nothing of ours stands in the way of the worker's own transactions
        sweep(db.sessionmaker, clock.now)
        deliver(db.session, province_app.extensions["settings"], clock.now)
        for loop in ("ladder", "mail"):
            beat(db.session, "pictures", loop, clock.now, 0.1)
        db.session.commit()
        tally_all(db.sessionmaker, clock.now)
        assert look_up(db.session, actor_for(officers["linjiang"]), "临江", clock.now, 5).tickets
        return numbers[0]


def tell(officers: dict[str, Officer], clock: Clock, when: str, by: str, to: str, what: str, subject: str, urgency: str,
         done: str) -> str:  # fmt: skip
    """One story, as its officers would."""
    clock.set(when)
    opener, other = actor_for(officers[by]), actor_for(officers[to])
    opening = Opening(
        procedure=what, message="请核对底档照片与登记项目，并回复是否可以签发。", registry=officers[to].unit_code, subject=subject,
        urgency=urgency, urgency_reason="1月5日面试" if urgency == "urgent" else "",
        citizens=(CitizenFacts("李明", "220204199003072236"),),
    )  # fmt: skip
    ticket = open_ticket(db.session, opener, opening, clock.now, cipher())
    db.session.commit()
    sweep(db.sessionmaker, clock.now)
    if done:
        clock.move(hours=1, minutes=20)
        task = load_task(db.session, other, ticket.number, mine(ticket, officers[to]), lock=True)
        sign_for(db.session, other, task, clock.now)
        send_message(db.session, other, ticket, "已收到，正在调取纸质档案，今日内回复。", clock.now)
        db.session.commit()
        clock.move(minutes=25)
        send_message(db.session, opener, ticket, "好的，申请人电话可以接通，如需本人补照请告知。", clock.now)
        db.session.commit()
    if done == "answered":
        clock.move(hours=2)
        task = load_task(db.session, other, ticket.number, mine(ticket, officers[to]), lock=True)
        answer(db.session, other, task, Answer(text="底档一致，同意签发。"), clock.now)
        db.session.commit()
    return ticket.number


def mine(ticket: Ticket, officer: Officer) -> int:
    return next(task.id for task in ticket.tasks if task.unit_code == officer.unit_code)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pictures(pages: Pages, page: Page, stories: str, screenshot: Callable[..., Path], language: str) -> None:
    readers = {who for _name, who, _address in PICTURES if who}
    signed_in = {"": page} | {who: in_language(pages(who), language) for who in sorted(readers)}
    for name, who, address in PICTURES:
        tongue = "?language=en" if name == "guide" and language == "en" else ""
        for size_name, size in (("wide", WIDE), ("phone", PHONE)):
            signed_in[who].set_viewport_size(size)
            for scheme in SCHEMES:
                show(signed_in[who], name, address.format(number=stories) + tongue, scheme)
                screenshot(signed_in[who], f"{name}-{language}-{size_name}-{scheme}", full_page=size is WIDE and name not in LONG)
    for report in ("daily", "monthly"):
        (SCREENSHOTS / f"report-{report}-{language}.pdf").write_bytes(
            signed_in["corps"].request.get(f"/statistics/reports/{report}").body()
        )


def in_language(page: Page, language: str) -> Page:
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.locator("html[lang=en]").wait_for()
    return page


def show(page: Page, name: str, address: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if name == "new-ticket":
        page.locator("input[name=procedure][value=check-and-sign]").check()
        expect(page.locator("#preview .plan__task").first).to_be_visible()
