"""Two real stories, through both sides' screens and the mails they cause."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from directory.models import Unit, UnitKind
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.mail.deliver import deliver
from portal.mail.models import OutboxMail
from tests.conftest import Clock, in_utc

Pages = Callable[..., Page]


def open_ticket(page: Page, words: str, unit: str, procedure: str, message: str, *, urgent: bool = False) -> str:
    """Opens a ticket through the form as an officer does, and answers its number."""
    page.goto("/tickets/new")
    box = page.locator("[name=registry-words]")
    box.press_sequentially(words)
    page.locator("[role=option]", has_text=unit).first.click()
    page.locator(f"input[name=procedure][value={procedure}]").check()
    page.locator("[name=message]").fill(message)
    if urgent:
        page.locator("input[name=urgency][value=urgent]").check()
        page.locator("[name=urgency_reason]").fill("2月19日面试")
    expect(page.locator("#preview")).to_contain_text(unit)
    page.get_by_role("button", name="提交协办单", exact=True).click()
    page.wait_for_url("**/tickets/XB*")
    return page.url.rpartition("/")[2].partition("?")[0]


def sweep_and_deliver(app: Flask, at: datetime) -> None:
    """What the worker does, at that instant."""
    with app.app_context():
        sweep(db.sessionmaker, at)
        deliver(db.session, app.extensions["settings"], at)


def mails(app: Flask, *kinds: str) -> list[OutboxMail]:
    with app.app_context():
        return list(db.session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(kinds)).order_by(OutboxMail.id)))


def unit_code(app: Flask, name: str, kind: UnitKind) -> str:
    with app.app_context():
        return db.session.scalars(select(Unit.code).where(Unit.name.contains(name), Unit.kind == kind)).one()


def do_task(page: Page, number: str, move: str, **fields: str) -> None:
    """Opens the form of a move on the ticket's page, if it is folded, fills it and sends it."""
    page.goto(f"/tickets/{number}")
    form = page.locator(f"form[action*='/{move}']").first
    fold = form.locator("xpath=ancestor::details[not(@open)]/summary")
    if fold.count():
        fold.first.click()
    for name, text in fields.items():
        form.locator(f"[name={name}]").fill(text)
    form.get_by_role("button").last.click()
    expect(page.locator(".flash, [role=status]").first).to_be_visible()


def test_li_has_his_card_in_time_and_no_supervisor_is_mailed(pages: Pages, province_app: Flask, clock: Clock) -> None:
    """Registered in Linjiang, living in Jilin city, an interview on 19 February 2016; the festival lies between."""
    clock.set("2016-02-04 09:00")
    number = open_ticket(
        pages("changyi"), "临江", "临江市", "check-and-sign", "申请人2月19日面试，请尽快核验签发。", urgent=True
    )

    clock.set("2016-02-04 10:00")
    linjiang = pages("linjiang")
    expect(linjiang.locator("main")).to_contain_text(number)
    do_task(linjiang, number, "sign-for")
    sweep_and_deliver(province_app, clock.now)

    clock.set("2016-02-05 10:00")
    do_task(pages("linjiang"), number, "answers", text="底档一致，已签发。")
    clock.set("2016-02-06 09:00")
    do_task(pages("corps"), number, "sign-for")
    clock.set("2016-02-16 10:00")
    do_task(pages("corps"), number, "answers", text="已制证寄出。")
    sweep_and_deliver(province_app, clock.now)

    clock.set("2016-02-17 10:00")
    changyi = pages("changyi")
    do_task(changyi, number, "answers", text="证件已交申请人。")
    expect(changyi.locator("main")).to_contain_text("已办结")
    sweep_and_deliver(province_app, in_utc("2016-05-01 09:00"))

    assert not mails(province_app, "escalation", "digest")
    told = [(mail.kind, mail.unit_code) for mail in mails(province_app, "arrival", "answered")]
    here, there = (unit_code(province_app, name, UnitKind.HALL) for name in ("昌邑", "临江"))
    assert told[:2] == [("arrival", there), ("answered", here)]
    folder = province_app.extensions["settings"].instance / "mail"
    assert len(list(folder.glob("*.eml"))) == len(mails(province_app, "arrival", "answered", "urge"))


def test_tumen_is_silent_and_its_chain_is_told_up_to_the_corps_and_nobody_beside(
    pages: Pages, province_app: Flask, clock: Clock
) -> None:
    """A couple from Tumen lost their cards in Changchun: two tickets, five working days each, no answer."""
    clock.set("2016-01-04 09:00")
    chaoyang = pages("chaoyang")
    numbers = [
        open_ticket(chaoyang, "tumen", "图们市", "check-and-sign", message)
        for message in ("丈夫证件丢失，请核验签发。", "妻子证件丢失，请核验签发。")
    ]
    for instant in ("2016-01-04 14:00", "2016-01-04 15:00", "2016-01-05 15:00", "2016-01-06 15:00",
                    "2016-01-11 09:00", "2016-01-12 09:00", "2016-01-13 09:00", "2016-02-01 09:00"):  # fmt: skip
        sweep_and_deliver(province_app, clock.set(instant))

    tumen, yanbian, corps = (
        unit_code(province_app, name, kind)
        for name, kind in (("图们", UnitKind.HALL), ("延边", UnitKind.DETACHMENT), ("户政", UnitKind.CORPS))
    )
    sent = mails(province_app, "urge", "escalation", "digest")
    assert {mail.unit_code for mail in sent} == {tumen, yanbian, corps}
    assert all(mail.state == "sent" for mail in sent)
    first_told = list(dict.fromkeys(mail.unit_code for mail in sent if mail.kind != "urge"))
    assert first_told == [tumen, yanbian, corps]

    clock.set("2016-01-13 10:00")
    supervisor = pages("yanbian")
    supervisor.goto("/?view=escalated")
    for number in numbers:
        expect(supervisor.locator("main")).to_contain_text(number)
    supervisor.goto(f"/tickets/{numbers[0]}")
    expect(supervisor.locator("#history")).to_contain_text("督办")
    registrar = pages("tumen")
    registrar.goto(f"/tickets/{numbers[0]}")
    expect(registrar.locator("[name=explanation]").first).to_be_attached()
