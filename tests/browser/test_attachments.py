"""Files of a message, through both sides' screens."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, FilePayload, Locator, Page, expect

from tests import samples
from tests.browser.conftest import PHONE, WIDE, sideways
from tests.browser.test_stories import open_ticket
from tests.conftest import Clock

Pages = Callable[..., Page]


@pytest.fixture
def ticket(pages: Pages, clock: Clock) -> tuple[str, Page]:
    """A ticket from Changyi to Linjiang, and Changyi's page of it."""
    clock.set("2016-01-04 09:00")
    page = pages("changyi")
    return open_ticket(page, "linjiang", "临江市", "enquiry", "请协助核对底档。"), page


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def good(name: str) -> FilePayload:
    return payload(name, samples.GOOD[name][1])


def composer(page: Page) -> Locator:
    return page.locator("#message")


def saved(page: Page, name: str) -> Download:
    with page.expect_download() as download:
        page.locator(".attachment", has_text=name).click()
    return download.value


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_files_are_seen_by_the_other_unit_and_saved_as_they_were(ticket: tuple[str, Page], pages: Pages) -> None:
    number, page = ticket
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(good("户口簿.pdf"))
    chooser.set_input_files(good("照片.jpg"))
    expect(composer(page).locator(".files__one")).to_have_count(2)
    composer(page).locator("[name=text]").fill("见附件。")
    composer(page).get_by_role("button", name="发送").click()
    expect(page.locator(".attachment")).to_have_count(2)

    linjiang = pages("linjiang")
    linjiang.goto(f"/tickets/{number}")
    for name in ("户口簿.pdf", "照片.jpg"):
        download = saved(linjiang, name)
        assert download.suggested_filename == name
        assert sha256(download.path()) == hashlib.sha256(samples.GOOD[name][1]).hexdigest()
    assert linjiang.url.endswith(number), "nothing was opened in the browser"


def test_a_bad_file_is_refused_with_the_message_kept(ticket: tuple[str, Page]) -> None:
    _number, page = ticket
    page.locator("input[type=file]").set_input_files([good("户口簿.pdf"), payload("照片.jpg", samples.HTML)])
    composer(page).locator("[name=text]").fill("保留的说明")
    composer(page).get_by_role("button", name="发送").click()
    expect(composer(page).locator(".field__wrong").first).to_contain_text("照片.jpg")
    expect(composer(page).locator(".field__wrong").last).to_contain_text("户口簿.pdf")
    expect(composer(page).locator("[name=text]")).to_have_value("保留的说明")
    expect(page.locator(".attachment")).to_have_count(0)


def test_what_is_too_large_or_empty_is_told_at_once_and_a_file_can_be_taken_out_again(
    ticket: tuple[str, Page], tmp_path: Path
) -> None:
    _number, page = ticket
    sizes = {"户口簿.pdf": 2_000, "空.pdf": 0, "大.pdf": 21 * 1024 * 1024}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"0" * size)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files([tmp_path / name for name in sizes])
    rows = composer(page).locator(".files__one")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("空文件")
    expect(rows.nth(2)).to_contain_text("20 MB")
    assert chooser.evaluate("input => input.files.length") == 1
    rows.first.get_by_role("button").click()
    assert chooser.evaluate("input => input.files.length") == 0


def test_a_file_can_be_dropped_on_the_message(ticket: tuple[str, Page]) -> None:
    _number, page = ticket
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['核对'], '说明.txt')); return data; }"
    )
    form = composer(page)
    form.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(page.locator(".files--over")).to_be_visible()
    form.dispatch_event("drop", {"dataTransfer": dropped})
    expect(composer(page).locator(".files__one")).to_contain_text("说明.txt")
    composer(page).get_by_role("button", name="发送").click()
    expect(page.locator(".attachment")).to_contain_text("说明.txt")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], indirect=True, ids=["wide", "phone"])
def test_nothing_of_it_is_wider_than_the_screen(ticket: tuple[str, Page], screenshot: Callable[..., Path]) -> None:
    number, page = ticket
    long = "吉林省吉林市昌邑区户政大厅关于张三户口迁移底档核对情况的说明及附件清单2016年1月4日" * 3 + ".pdf"
    page.locator("input[type=file]").set_input_files(
        [payload(long, samples.pdf()), good("照片.jpg"), good("名单.xlsx")]
    )
    composer(page).get_by_role("button", name="发送").click()
    expect(page.locator(".attachment")).to_have_count(3)
    page.locator("input[type=file]").set_input_files(
        [payload(long, samples.pdf()), payload("照片.jpg", samples.HTML), payload("空.pdf", b"")]
    )
    composer(page).locator("[name=text]").fill("见附件。")
    name = f"attachments-{page.viewport_size['width']}"  # type: ignore[index]
    screenshot(page, f"{name}-chosen")
    composer(page).get_by_role("button", name="发送").click()
    expect(composer(page).locator(".field__wrong").first).to_be_visible()
    screenshot(page, f"{name}-refused")
    assert sideways(page) <= 0
    page.goto(f"/tickets/{number}")
    page.get_by_role("button", name="English").click()
    page.locator("input[type=file]").set_input_files([good("户口簿.pdf"), payload("空.pdf", b"")])
    expect(composer(page).locator(".files__one").last).to_contain_text("not added")
    screenshot(page, f"{name}-english")
