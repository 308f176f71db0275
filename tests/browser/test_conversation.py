"""Officers who talk on one ticket: who is there, what is for one unit alone, texts, edits, drafts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, sideways
from tests.browser.test_stories import open_ticket
from tests.conftest import Clock

Pages = Callable[..., Page]
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"What a browser says when its window is looked at again: the page asks at once what is new."


@pytest.fixture
def ticket(pages: Pages, clock: Clock) -> tuple[str, Page]:
    """A ticket from Changyi to Linjiang, and Changyi's page of it."""
    clock.set("2016-01-04 09:00")
    page = pages("changyi")
    return open_ticket(page, "linjiang", "临江市", "enquiry", "请协助核对底档。"), page


def write(page: Page, text: str) -> None:
    page.locator("#write [name=text]").first.fill(text)


def send(page: Page, text: str) -> None:
    write(page, text)
    page.locator("#message").get_by_role("button", name="发送").click()
    expect(page.locator(".history")).to_contain_text(text)


def test_two_officers_see_one_another_and_what_is_new_without_losing_what_they_type(
    ticket: tuple[str, Page], pages: Pages
) -> None:
    number, changyi = ticket
    linjiang = pages("linjiang")
    linjiang.goto(f"/tickets/{number}")
    expect(linjiang.locator(".present")).to_contain_text("王示例")
    changyi.evaluate(LOOK_AGAIN)
    expect(changyi.locator(".present")).to_contain_text("李示例")

    answer = linjiang.locator("form[id^=answer-] [name=text]")
    linjiang.locator("summary", has_text="办结").or_(linjiang.locator("summary", has_text="答复")).first.click()
    answer.fill("底档一致，正在写")
    send(changyi, "还有一事请一并核对")
    linjiang.evaluate(LOOK_AGAIN)
    expect(linjiang.locator(".fresh")).to_contain_text("1 条")
    linjiang.locator("[data-load]").click()
    expect(linjiang.locator(".history")).to_contain_text("还有一事请一并核对")
    expect(answer).to_have_value("底档一致，正在写")
    expect(linjiang.locator(".fresh")).to_have_count(0)


def test_a_draft_survives_a_reload_and_another_browser_and_is_gone_when_it_is_sent(
    ticket: tuple[str, Page], pages: Pages
) -> None:
    number, page = ticket
    with page.expect_response(lambda answer: answer.url.endswith("/drafts") and answer.status == 204):
        write(page, "写了一半的话")
    page.reload()
    expect(page.locator("#message [name=text]")).to_have_value("写了一半的话")
    elsewhere = pages("changyi")
    elsewhere.goto(f"/tickets/{number}")
    expect(elsewhere.locator("#message [name=text]")).to_have_value("写了一半的话")
    elsewhere.locator("#message").get_by_role("button", name="发送").click()
    expect(elsewhere.locator(".history")).to_contain_text("写了一半的话")
    expect(elsewhere.locator("#message [name=text]")).to_have_value("")
    page.reload()
    expect(page.locator("#message [name=text]")).to_have_value("")


def test_a_text_is_put_where_the_cursor_is_by_the_keyboard_alone(ticket: tuple[str, Page]) -> None:
    number, page = ticket
    field = page.locator("#message [name=text]")
    field.fill("您好。")
    page.locator("#message [data-texts-choice]").select_option(label="底档核对一致")
    page.locator("#message [data-texts-choice]").press("Enter")
    said = f"您好。经核对，{number} 所涉底档与申请信息一致，同意按规定办理。吉林市公安局昌邑分局户政大厅 王示例 2016年1月4日"
    expect(field).to_have_value(said)
    expect(field).to_be_focused()


def test_a_message_is_edited_within_five_minutes_and_says_so(ticket: tuple[str, Page]) -> None:
    _number, page = ticket
    send(page, "写错的内容")
    page.locator(".history__item", has_text="写错的内容").get_by_role("link", name="编辑").click()
    page.locator("[name=text]").fill("写对的内容")
    page.get_by_role("button", name="保存").click()
    item = page.locator(".history__item", has_text="写对的内容")
    item.locator("summary").click()
    expect(item).to_contain_text("写错的内容")


def test_what_is_for_one_unit_alone_a_third_does_not_see(pages: Pages, clock: Clock) -> None:
    clock.set("2016-01-04 09:00")
    changyi, linjiang, tumen = pages("changyi"), pages("linjiang"), pages("tumen")
    number = duplicate(changyi)
    changyi.locator("[name=to]").select_option("220681000000")
    send(changyi, "此事只与贵单位有关")
    linjiang.goto(f"/tickets/{number}")
    expect(linjiang.locator(".history")).to_contain_text("此事只与贵单位有关")
    expect(linjiang.locator(".tag--aside")).to_have_count(1)
    tumen.goto(f"/tickets/{number}")
    expect(tumen.locator(".history")).to_contain_text("两地登记")
    expect(tumen.locator(".history")).not_to_contain_text("此事只与贵单位有关")


def duplicate(page: Page) -> str:
    """A registration found twice, at Linjiang and at Tumen, opened by scripts' own way: the form posted whole."""
    page.goto("/tickets/new")
    number = page.evaluate(
        """async () => {
            const token = document.querySelector('meta[name="csrf-token"]').content;
            const data = { csrf_token: token, procedure: "duplicate-registration", message: "两地登记，请核对。",
                           "registry-code": "220681000000", "places-0-code": "222402000000" };
            const answer = await fetch("/tickets", { method: "POST", body: new URLSearchParams(data) });
            return answer.url.split("/").pop();
        }"""
    )
    page.goto(f"/tickets/{number}")
    return str(number)


@pytest.mark.parametrize(
    ("viewport", "language"), [(WIDE, "zh"), (PHONE, "en")], indirect=["viewport"], ids=["wide", "phone"]
)
def test_nothing_of_it_is_wider_than_the_screen(
    ticket: tuple[str, Page], pages: Pages, screenshot: Callable[..., Path], language: str
) -> None:
    number, page = ticket
    linjiang = pages("linjiang")
    linjiang.goto(f"/tickets/{number}")
    send(page, "请尽快办理，谢谢。")
    if language == "en":
        page.get_by_role("button", name="English").click()
    page.locator("#note-call summary").click()
    width = page.viewport_size["width"]  # type: ignore[index]
    screenshot(page, f"conversation-{width}-{language}")
    assert sideways(page) <= 0
    page.goto("/texts")
    screenshot(page, f"texts-{width}-{language}")
    assert sideways(page) <= 0


def test_a_colleague_is_named_by_the_keyboard_alone_with_at_most_two_requests_and_told(
    ticket: tuple[str, Page], pages: Pages, screenshot: Callable[..., Path]
) -> None:
    number, page = ticket
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/people" in request.url else None)
    page.locator("#message [name=text]").focus()
    page.keyboard.type("请 @lish", delay=20)
    option = page.locator("#mentions [role=option][aria-selected=true]")
    expect(option).to_contain_text("李示例")
    screenshot(page, "mentions-list", full_page=False)
    page.keyboard.press("Escape")
    expect(page.locator("#mentions")).to_be_hidden()
    page.keyboard.type("i")
    expect(page.locator("#mentions")).to_be_hidden()
    assert len(asked) <= 2
    for _ in "lishi":
        page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("@")
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#message [name=text]")).to_have_value("请 @李示例 ")
    page.keyboard.type("尽快核对")
    page.locator("#message").get_by_role("button", name="发送").press("Enter")
    expect(page.locator(".history mark.mention")).to_have_text("@李示例")
    assert len(asked) <= 4, "two words"

    linjiang = pages("linjiang")
    linjiang.goto("/?view=mentions")
    expect(linjiang.locator(".work")).to_contain_text(number)
    linjiang.goto(f"/tickets/{number}")
    expect(linjiang.locator(".history mark.mention--me")).to_have_text("@李示例")
    screenshot(linjiang, "mentions-read", full_page=False)
