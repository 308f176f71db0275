"""Handing on, suspending and more time through both sides' screens."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, sideways
from tests.browser.test_stories import mails, open_ticket
from tests.conftest import Clock

Pages = Callable[..., Page]


def unfold(page: Page, number: str, form: str) -> None:
    """The ticket's page with the form of a move standing open."""
    page.goto(f"/tickets/{number}")
    page.locator(".task__rare > summary").first.click()
    page.locator(f"details[id^={form}] > summary").first.click()


def test_a_task_stands_gets_more_time_and_goes_to_another_unit(
    pages: Pages, province_app: Flask, clock: Clock, screenshot: Callable[..., Path]
) -> None:
    clock.set("2016-01-04 09:00")
    changyi, linjiang = pages("changyi"), pages("linjiang")
    number = open_ticket(changyi, "临江", "临江市", "check-and-sign", "请核验签发。")

    unfold(linjiang, number, "suspend-")
    screenshot(linjiang, "moves-suspend")
    form = linjiang.locator("form[action*='/suspensions']")
    form.locator("[name=until]").fill("2016-01-06")
    form.locator("[name=reason]").fill("等申请人补照片")
    form.get_by_role("button").last.click()
    expect(linjiang.locator("main")).to_contain_text("已停止计时")
    changyi.goto(f"/tickets/{number}")
    expect(changyi.locator("main")).to_contain_text("等申请人补照片")
    screenshot(changyi, "moves-suspended")
    linjiang.get_by_role("button", name="恢复计时").click()
    expect(linjiang.locator("main")).to_contain_text("已签收")

    unfold(linjiang, number, "ask-extension-")
    form = linjiang.locator("form[action*='/extensions']")
    form.locator("[name=days]").fill("3")
    form.locator("[name=reason]").fill("需调省外档案")
    form.get_by_role("button").last.click()
    expect(linjiang.locator("main")).to_contain_text("申请延期 3 个工作日")
    chief = pages("baishan")
    chief.goto("/supervision")
    screenshot(chief, "moves-board")
    chief.locator("#asked").locator("xpath=ancestor::section").locator("a.work__title").click()
    chief.locator("input[value=granted]").check()
    screenshot(chief, "moves-decide")
    chief.get_by_role("button", name="批复", exact=True).click()
    expect(chief.locator("#history")).to_contain_text("同意“核验签发”延期 3 个工作日")

    unfold(linjiang, number, "hand-on-")
    form = linjiang.locator("form[action*='/handings-on']")
    form.locator("[name=unit-words]").press_sequentially("抚松")
    linjiang.locator("[role=option]", has_text="抚松县").first.click()
    form.locator("[name=reason]").fill("户籍已迁往抚松")
    form.get_by_role("button").last.click()
    expect(linjiang.locator("main")).to_contain_text("已转办 1 次")
    changyi.goto(f"/tickets/{number}")
    expect(changyi.locator(".glance")).to_contain_text("抚松县")
    screenshot(changyi, "moves-handed-on")
    told = [mail.kind for mail in mails(province_app, "arrival", "extension-asked", "extension-decided")]
    assert list(dict.fromkeys(told)) == ["arrival", "extension-asked", "extension-decided"]
    assert told.count("arrival") == 2


def test_on_a_telephone_no_form_of_a_move_is_wider_than_the_screen(
    pages: Pages, clock: Clock, screenshot: Callable[..., Path]
) -> None:
    clock.set("2016-01-04 09:00")
    changyi, linjiang = pages("changyi"), pages("linjiang", viewport=PHONE)
    number = open_ticket(changyi, "临江", "临江市", "check-and-sign", "请核验签发。")
    for form in ("hand-on-", "suspend-", "ask-extension-"):
        unfold(linjiang, number, form)
        assert sideways(linjiang) <= 0
    screenshot(linjiang, "moves-phone")
