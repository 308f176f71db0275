"""Registered in three places: four officers of four places, signed in at once, from the opening to the closing."""

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.extensions import db
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Ticket
from tests.browser.test_stories import do_task, mails, sweep_and_deliver
from tests.conftest import Clock, in_utc

Pages = Callable[..., Page]


def pick(page: Page, field: str, words: str, unit: str) -> None:
    page.locator(f"[name={field}-words]").press_sequentially(words)
    page.locator("[role=option]:not([aria-disabled])", has_text=unit).first.click()


def open_in_three_places(page: Page) -> str:
    """Li lives in Jilin city and stands in the registers of Linjiang (Baishan) and Tumen (Yanbian)."""
    page.goto("/tickets/new")
    pick(page, "registry", "220681", "临江市")
    page.locator("input[name=procedure][value=duplicate-registration]").check()
    pick(page, "places-0", "图们", "图们市")
    page.get_by_label("申请人书面说明").check()
    page.locator("[name=message]").fill("申请人在两地均有登记，请各自核实底档，由省厅裁定。")
    page.locator("[name=citizens-0-name]").fill("李明")
    page.locator("[name=citizens-0-id_number]").fill("220104199003078915")
    preview = page.locator("#preview")
    for expected in ("临江市", "图们市", "省公安厅", "昌邑", "最迟"):
        expect(preview).to_contain_text(expected)
    page.get_by_role("button", name="提交协办单", exact=True).click()
    page.wait_for_url("**/tickets/XB*")
    return page.url.rpartition("/")[2].partition("?")[0]


def state_of(app: Flask, number: str) -> TicketState:
    with app.app_context():
        return db.session.scalars(select(Ticket.state).where(Ticket.number == number)).one()


def test_duplicate_registration_through_four_places_in_three_prefectures(
    pages: Pages, province_app: Flask, clock: Clock
) -> None:
    clock.set("2016-01-04 09:00")
    changyi, linjiang, tumen, corps = (pages(name) for name in ("changyi", "linjiang", "tumen", "corps"))
    number = open_in_three_places(changyi)

    clock.move(minutes=10)
    for side in (linjiang, tumen):
        side.goto("/")
        expect(side.locator("main")).to_contain_text(number)
        do_task(side, number, "sign-for")
    corps.goto(f"/tickets/{number}")
    expect(corps.locator("form[action*='/answers']")).to_have_count(0)  # its turn has not come

    clock.move(minutes=10)
    do_task(linjiang, number, "answers", text="本地登记属实，2009年迁入。")
    corps.goto(f"/tickets/{number}")
    expect(corps.locator("form[action*='/answers']")).to_have_count(0)  # Tumen still owes
    do_task(tumen, number, "answers", text="底档在册，未办迁出。")

    clock.move(minutes=10)
    corps.goto("/")
    expect(corps.locator("main")).to_contain_text(number)
    do_task(corps, number, "sign-for")
    do_task(corps, number, "answers", text="保留临江户口，图们户口注销。")
    assert state_of(province_app, number) is TicketState.OPEN

    do_task(changyi, number, "answers", text="已告知申请人。")
    assert state_of(province_app, number) is TicketState.RESOLVED
    changyi.goto(f"/tickets/{number}")
    changyi.locator("form[action$='/closings'] button").click()
    expect(changyi.locator("main")).to_contain_text("已结案")
    assert state_of(province_app, number) is TicketState.CLOSED
    for side in (changyi, linjiang, tumen, corps):
        side.goto(f"/tickets/{number}")
        for said in ("本地登记属实", "底档在册", "保留临江户口", "已告知申请人"):
            expect(side.locator("#history")).to_contain_text(said)
        expect(side.locator("main")).not_to_contain_text("220104199003078915")

    sweep_and_deliver(province_app, in_utc("2016-03-01 09:00"))
    assert not mails(province_app, "urge", "escalation", "digest")
