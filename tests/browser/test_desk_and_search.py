"""The work list narrowed, kept and signed for at once; a search in Chinese; a letter taken away."""

import re
from collections.abc import Callable

import pypdfium2
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import Officer
from portal.cipher import cipher
from portal.extensions import db
from portal.tickets.checking import Opening
from portal.tickets.opening import open_ticket
from tests.conftest import Clock
from tests.factories import actor_for

Pages = Callable[..., Page]


def open_some(app: Flask, clock: Clock) -> None:
    """Three tickets of Changyi with Linjiang, one of them urgent."""
    clock.set("2016-01-04 09:00")
    with app.app_context():
        officers = {each.username: each for each in db.session.scalars(select(Officer))}
        changyi, linjiang = actor_for(officers["changyi"]), officers["linjiang"].unit_code
        for subject, urgency in (("身份证丢失补领", "urgent"), ("户口迁移核对", "normal"), ("曾用名核实", "normal")):
            opening = Opening(procedure="enquiry", message="请协助核对底档。", registry=linjiang, subject=subject, urgency=urgency)
            open_ticket(db.session, changyi, opening, clock.now, cipher())
            db.session.commit()


def test_a_list_is_narrowed_kept_and_signed_for_at_once(pages: Pages, province_app: Flask, clock: Clock) -> None:
    open_some(province_app, clock)
    page = pages("linjiang")
    lines = page.locator(".work__title")
    expect(lines).to_have_count(3)

    page.locator(".filters summary").click()
    page.locator("[name=unit-words]").press_sequentially("changyi")
    page.locator(".filters [role=option]").first.click()
    page.locator("[name=urgency]").select_option("urgent")
    page.locator(".filters button", has_text="筛选").click()
    expect(lines).to_have_text(["身份证丢失补领"])
    assert "unit=" in page.url

    page.locator("[name=name]").fill("昌邑加急")
    page.get_by_role("button", name="保存", exact=True).click()
    tab = page.locator(".tabs a", has_text="昌邑加急")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab.locator(".count")).to_have_text("1")

    page.goto("/")
    page.locator("[data-together-all]").click()
    expect(page.locator("[data-together-count]")).to_have_text("3")
    page.locator("input[name=task]").first.uncheck()
    page.get_by_role("button", name="签收所选").click()
    expect(page.locator(".note").first).to_contain_text("已签收 2 项任务")
    expect(page.locator("input[name=task]")).to_have_count(1)


def test_words_and_units_are_found_in_any_order_and_a_letter_is_taken_away(
    pages: Pages, province_app: Flask, clock: Clock
) -> None:
    open_some(province_app, clock)
    page = pages("linjiang")
    page.goto("/search")
    page.locator("main [name=q]").fill("身份证 临江")
    page.locator("main [name=q]").press("Enter")
    expect(page.locator(".found-ticket mark").first).to_have_text("身份证")
    expect(page.locator(".found-ticket")).to_have_count(1)
    page.locator("main [name=q]").fill("220204199003072236")
    page.locator("main [name=q]").press("Enter")
    expect(page.locator(".found")).to_contain_text("2202**********2236")
    assert "2202" not in page.url

    page.goto("/search?q=户口迁移")
    page.locator(".found-ticket a").first.click()
    page.get_by_role("link", name="联系函").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="生成联系函").click()
    assert taken.value.suggested_filename.startswith("XB2016-")
    text = pypdfium2.PdfDocument(taken.value.path())[0].get_textpage().get_text_bounded()
    assert "联系函" in text.replace("\r", "").replace("\n", "")


def test_the_counts_and_the_title_follow_what_happens_while_the_page_is_open(
    pages: Pages, province_app: Flask, clock: Clock
) -> None:
    open_some(province_app, clock)
    clock.set("2016-01-04 14:50")
    page = pages("linjiang")
    late = page.locator(".tally__item b").first
    expect(late).to_have_text("0")
    expect(page).to_have_title(re.compile("^工作台"))
    clock.set("2016-01-04 15:10")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(late).to_have_text("3")
    expect(page).to_have_title(re.compile(r"^\(3\) 工作台"))
