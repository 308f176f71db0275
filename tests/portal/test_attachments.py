"""Files of messages: what is taken, what is refused with its reason, who may take them, and how they leave."""

import hashlib
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.actions import add_token
from portal.audit.models import AuditRecord
from portal.cipher import Undecipherable
from portal.config import BadSettings, ScanSettings, read_settings
from portal.conversation.attachments import File, content_of, sorted_out
from portal.conversation.models import Attachment
from portal.tickets.models import Entry, Ticket
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests import samples
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("clock")
MEGABYTE = 1024 * 1024


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    """From Changyi's hall to Linjiang's."""
    return opened(session, province.changyi, province.linjiang, clock.now)


@pytest.fixture
def changyi(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    """The browser of an officer of the hall that opened the ticket."""
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))
    return client


Browsers = Callable[..., Client]


@pytest.fixture
def browser(app: Flask, session: Session, clock: Clock) -> Browsers:
    """`browser(unit, role…)`: the browser of another officer."""

    def make(unit: Any, *roles: Role) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        sign_in(client, make_officer(session, unit, f"of{unit.code}", *roles))
        return client

    return make


@pytest.fixture
def scanner(app: Flask, tmp_path: Path) -> Callable[[str], None]:
    """`scanner("…")`: the virus scanner is this Python code, given the file on its standard input."""

    def use(code: str) -> None:
        script = tmp_path / "scanner.py"
        script.write_text(code)
        scan = ScanSettings((sys.executable, str(script)), timeout=2)
        app.extensions["settings"] = replace(app.extensions["settings"], scan=scan)

    return use


FINDS_EICAR = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"


def send(
    client: Client, ticket: Ticket, *files: tuple[str, bytes], text: str = "见附件。", **others: str
) -> TestResponse:
    address = f"/tickets/{ticket.number}"
    chosen = [(BytesIO(content), name) for name, content in files]
    answer = client.submit(f"{address}/messages", {"text": text, "files": chosen, **others}, page=address)
    answer.request.environ["wsgi.input"].close()  # a temporary file of the test client, which leaves it open
    return answer


def kept(session: Session) -> list[Attachment]:
    session.expire_all()
    return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def messages(session: Session) -> int:
    """How many were sent since the opening, which has one of its own."""
    return (session.scalar(select(func.count(Entry.id)).where(Entry.kind == "message")) or 0) - 1


def good(name: str) -> tuple[str, bytes]:
    return name, samples.GOOD[name][1]


def url(ticket: Ticket, attachment: Attachment) -> str:
    return f"/tickets/{ticket.number}/attachments/{attachment.id}"


# --- sending ---------------------------------------------------------------------------------------------------------


def test_files_go_with_a_message_and_the_other_side_takes_them_as_they_were(
    changyi: Client, browser: Browsers, session: Session, province: Province, ticket: Ticket
) -> None:
    assert send(changyi, ticket, good("户口簿.pdf"), good("照片.jpg")).status_code == 302
    linjiang = browser(province.linjiang)
    page = linjiang.get(f"/tickets/{ticket.number}")
    assert "户口簿.pdf" in words(page.text)
    links = re.findall(rf'href="(/tickets/{ticket.number}/attachments/\d+)"', page.text)
    contents = [linjiang.get(link).data for link in links]
    assert contents == [samples.GOOD["户口簿.pdf"][1], samples.GOOD["照片.jpg"][1]]
    assert [hashlib.sha256(content).hexdigest() for content in contents] == [each.sha256 for each in kept(session)]


def test_a_file_needs_no_words_and_words_need_no_file(changyi: Client, session: Session, ticket: Ticket) -> None:
    assert send(changyi, ticket, good("户口簿.pdf"), text="").status_code == 302
    assert send(changyi, ticket, text="没有附件").status_code == 302
    assert send(changyi, ticket, text=" ").status_code == 422
    assert messages(session) == 2


def test_a_double_click_writes_one_message_with_one_set_of_files(
    changyi: Client, session: Session, ticket: Ticket
) -> None:
    for _ in range(2):
        assert send(changyi, ticket, good("户口簿.pdf"), good("照片.jpg"), submission_key="once").status_code == 302
    assert messages(session) == 1
    assert len(kept(session)) == 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("logo.svg", samples.SVG, "SVG"),
        ("照片.jpg", samples.HTML, "网页"),
        ("大.pdf", samples.pdf() + b"\x00" * 21 * MEGABYTE, "20 MB"),
        ("空.pdf", b"", "空文件"),
        ("宏.docm", samples.office("docm"), "宏"),
        ("setup.exe", b"MZ\x90\x00", "程序"),
        ("a.zip", samples.zipped({"a.txt": b"1"}), "压缩包"),
        ("../../etc/passwd.txt", b"root", "路径"),
        ("C:\\\\a\\\\b.png", samples.png(), "路径"),
    ],
    ids=["SVG", "HTML named jpg", "21 MB", "empty", "macros", "program", "archive", "path", "path of Windows"],
)
def test_a_bad_file_is_refused_by_name_with_its_reason_and_the_message_is_kept(
    changyi: Client, session: Session, ticket: Ticket, name: str, content: bytes, reason: str
) -> None:
    refused = send(changyi, ticket, good("户口簿.pdf"), (name, content), text="保留的说明")
    assert refused.status_code == 422
    page = words(refused.text)
    assert "保留的说明" in page
    shown = re.split(r"[/\\\\]", name)[-1]
    fault = next(line for line in re.findall(r'field__wrong">.*?<span>(.*?)</span>', refused.text) if shown in line)
    assert reason in fault
    assert "户口簿.pdf" in page, "what was good must be chosen again"
    assert not kept(session)
    assert not messages(session)


def test_every_bad_file_and_what_else_is_wrong_is_told_at_once(changyi: Client, ticket: Ticket) -> None:
    number = "220104199003078915"
    page = words(send(changyi, ticket, ("a.svg", samples.SVG), ("b.exe", b"MZ"), text=f"证号 {number}").text)
    assert "a.svg" in page
    assert "b.exe" in page
    assert "只写末四位" in page
    assert number in page


def test_where_only_the_words_are_wrong_it_is_said_that_the_files_must_be_chosen_again(
    changyi: Client, ticket: Ticket
) -> None:
    refused = send(changyi, ticket, good("户口簿.pdf"), text="证号 220104199003078915")
    assert refused.status_code == 422
    assert "户口簿.pdf" in words(refused.text)


def test_an_eleventh_file_is_refused(changyi: Client, session: Session, ticket: Ticket) -> None:
    files = [(f"{n}.png", samples.png()) for n in range(11)]
    refused = send(changyi, ticket, *files)
    assert refused.status_code == 422
    assert "10.png" in words(refused.text)
    assert send(changyi, ticket, *files[:10]).status_code == 302
    assert len(kept(session)) == 10


def test_an_id_number_in_a_name_is_masked(changyi: Client, session: Session, ticket: Ticket) -> None:
    send(changyi, ticket, ("220104199003078915.jpg", samples.jpeg()), ("2201 0419 9003 078915.jpg", samples.jpeg()))
    names = [each.name for each in kept(session)]
    assert names[0] == "2201__________8915.jpg"
    assert "0419" not in names[1]
    refused = send(changyi, ticket, ("220104199003078915.jpg", samples.HTML))
    assert "220104199003078915" not in refused.text


def test_a_closed_ticket_takes_no_file(changyi: Client, session: Session, ticket: Ticket) -> None:
    token = changyi.token(f"/tickets/{ticket.number}")
    changyi.submit(f"/tickets/{ticket.number}/withdrawals", {"reason": "已解决"}, page=f"/tickets/{ticket.number}")
    data = {"text": "晚到的说明", "files": [(BytesIO(samples.png()), "a.png")], "csrf_token": token}
    refused = changyi.post(f"/tickets/{ticket.number}/messages", data=data)
    assert refused.status_code == 409
    assert "晚到的说明" in words(refused.text)
    assert "请先重新开启，或新建协办单" in words(refused.text)
    assert not kept(session)


def test_a_ticket_of_others_takes_no_file(
    browser: Browsers, changyi: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    fusong = browser(province.fusong)
    data = {"text": "你好", "files": [(BytesIO(samples.png()), "a.png")], "csrf_token": fusong.token("/")}
    assert fusong.post(f"/tickets/{ticket.number}/messages", data=data).status_code == 404
    assert not kept(session)


def test_only_here_may_much_be_sent_and_only_by_who_is_signed_in(
    changyi: Client, app: Flask, session: Session, ticket: Ticket
) -> None:
    def announced(client: Any, path: str, megabytes: int) -> TestResponse:
        length = {"CONTENT_LENGTH": str(megabytes * MEGABYTE), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
        answer: TestResponse = client.post(path, environ_overrides=length)
        return answer

    path = f"/tickets/{ticket.number}/messages"
    assert announced(changyi, path, 200).status_code == 400, "it is read; then it lacks its token"
    too_much = announced(changyi, path, 202)
    assert too_much.status_code == 413
    assert "分几条留言发送" in words(too_much.text)
    assert announced(changyi, "/tickets/preview", 17).status_code == 413
    assert announced(app.test_client(), path, 17).status_code == 413


# --- the virus scanner -----------------------------------------------------------------------------------------------


def test_what_the_scanner_finds_is_refused_and_the_rest_is_sent(
    changyi: Client, session: Session, ticket: Ticket, scanner: Callable[[str], None]
) -> None:
    assert send(changyi, ticket, ("eicar.txt", samples.EICAR)).status_code == 302, "without a scanner it is only a text"
    scanner(FINDS_EICAR)
    refused = send(changyi, ticket, ("eicar.txt", samples.EICAR))
    assert refused.status_code == 422
    assert "病毒" in words(refused.text)
    assert send(changyi, ticket, good("户口簿.pdf")).status_code == 302
    assert [each.name for each in kept(session)] == ["eicar.txt", "户口簿.pdf"]


@pytest.mark.parametrize(
    "code",
    ["import sys; sys.exit(2)", "import time; time.sleep(30)", "import os; os.kill(os.getpid(), 9)"],
    ids=["fails", "hangs", "is killed"],
)
def test_what_could_not_be_checked_is_refused(app: Flask, scanner: Callable[[str], None], code: str) -> None:
    scanner(code)
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        accepted, refused = sorted_out([File("a.png", samples.png())])
        assert not accepted
        assert "未能" in str(refused[0].reason)


def test_a_scanner_that_does_not_read_to_the_end_still_answers(app: Flask, scanner: Callable[[str], None]) -> None:
    scanner("import sys; sys.exit(0)")
    with app.app_context():
        assert sorted_out([File("a.pdf", samples.pdf() + b"\x00" * 5 * MEGABYTE)]).accepted


def test_a_scanner_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    given = {"PORTAL_INSTANCE": str(tmp_path)}
    assert read_settings({**given, "PORTAL_SCAN_COMMAND": "cat -u -"}).scan.command == ("cat", "-u", "-")
    assert read_settings(given).scan.command == ()
    for command in ("no-such-scanner -", "cat 'a"):
        with pytest.raises(BadSettings, match="PORTAL_SCAN_COMMAND"):
            read_settings({**given, "PORTAL_SCAN_COMMAND": command})


def test_sorting_out_raises_nothing_and_names_what_was_refused(app: Flask) -> None:
    files = [File("a.pdf", samples.pdf()), File("b.svg", samples.SVG), File("", b""), File("c.png", samples.png())]
    with app.app_context():
        accepted, refused = sorted_out(files)
    assert [each.name for each in accepted] == ["a.pdf", "c.png"]
    assert str(refused[0].name) == "b.svg"
    assert len(refused) == 2


# --- keeping and taking ----------------------------------------------------------------------------------------------


def test_what_is_kept_is_encrypted_and_what_was_changed_is_not_given_out(
    changyi: Client, session: Session, ticket: Ticket
) -> None:
    send(changyi, ticket, ("说明.txt", "秘密的内容".encode()), ("别的.txt", "别的内容".encode()))
    one, other = kept(session)
    assert "秘密的内容".encode() not in one.content_cipher
    assert content_of(one) == "秘密的内容".encode()
    one.content_cipher = other.content_cipher
    with pytest.raises(Undecipherable):
        content_of(one)


def test_a_file_is_saved_and_never_shown(changyi: Client, session: Session, ticket: Ticket) -> None:
    send(changyi, ticket, good("说明.txt"))
    answer = changyi.get(url(ticket, kept(session)[0]))
    headers = answer.headers
    assert headers["Content-Disposition"].startswith("attachment; filename=attachment.txt; filename*=UTF-8''")
    assert unquote(headers["Content-Disposition"].rpartition("''")[2]) == "说明.txt"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/plain"


def test_what_was_sent_and_taken_is_in_the_audit_log_without_its_name(
    changyi: Client, session: Session, ticket: Ticket
) -> None:
    send(changyi, ticket, ("李明.txt", b"1"))
    (file,) = kept(session)
    changyi.get(url(ticket, file))
    noted = {
        record.action: record
        for record in session.scalars(
            select(AuditRecord).where(AuditRecord.action.in_(["ticket.message", "attachment.download"]))
        )
    }
    assert noted["ticket.message"].detail == {"files": [file.sha256]}
    assert noted["attachment.download"].detail == {"attachment": file.id, "sha256": file.sha256}
    assert noted["attachment.download"].object == f"ticket {ticket.number}"
    assert noted["attachment.download"].actor == "张三"


def test_what_one_may_not_see_is_not_there(
    changyi: Client, browser: Browsers, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    send(changyi, ticket, good("户口簿.pdf"))
    path = url(ticket, kept(session)[0])
    other = opened(session, province.changyi, province.fusong, clock.now)
    assert browser(province.fusong).get(path).status_code == 404
    assert changyi.get(path.replace(ticket.number, other.number)).status_code == 404, "a file belongs to its ticket"
    assert changyi.get(f"/tickets/{ticket.number}/attachments/{10**30}").status_code == 404
    assert browser(province.jilin, Role.SUPERVISOR).get(path).status_code == 200
    assert browser(province.corps, Role.AUDITOR).get(path).status_code == 403
    assert Client(changyi.application).get(path).status_code == 302, "asked to sign in"


def test_a_page_with_many_files_asks_no_more_of_the_database(changyi: Client, session: Session, ticket: Ticket) -> None:
    send(changyi, ticket, good("户口簿.pdf"))
    changyi.get(f"/tickets/{ticket.number}")
    with statements() as of_one:
        changyi.get(f"/tickets/{ticket.number}")
    send(changyi, ticket, good("照片.jpg"), good("说明.txt"), good("证明.docx"))
    changyi.get(f"/tickets/{ticket.number}")
    with statements() as of_four:
        changyi.get(f"/tickets/{ticket.number}")
    assert of_four() == of_one()


def test_another_system_is_told_of_files_and_takes_them(
    changyi: Client, app: Flask, session: Session, province: Province, ticket: Ticket
) -> None:
    send(changyi, ticket, good("户口簿.pdf"))
    headers = {}
    for name in ("linjiang", "fusong"):
        _token, plaintext = add_token(session, PORTAL, getattr(province, name).code, name, datetime.now(UTC))
        headers[name] = {"Authorization": f"Bearer {plaintext}"}
    session.commit()
    client = Client(app)
    entries = client.get(f"/api/v1/tickets/{ticket.number}", headers=headers["linjiang"]).json["entries"]  # type: ignore[index]
    (file,) = entries[-1]["attachments"]
    content = samples.GOOD["户口簿.pdf"][1]
    assert {name: file[name] for name in ("name", "media_type", "size", "sha256")} == {
        "name": "户口簿.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert entries[0]["attachments"] == []
    assert client.get(file["url"], headers=headers["linjiang"]).data == content
    assert client.get(file["url"], headers=headers["fusong"]).status_code == 404
    assert client.get(file["url"]).status_code == 401
