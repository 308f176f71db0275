"""Files by the interface for other systems: sent as a form, judged as on the page, taken as they were."""

import hashlib
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.actions import add_token
from portal.config import ScanSettings
from portal.conversation.models import Attachment
from portal.tickets.models import Entry
from portal.web.actor import PORTAL
from portal.web.permissions import Permission
from tests import samples
from tests.conftest import Clock
from tests.factories import Province
from tests.portal.test_api import System, enquiry, systems  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("clock")
MEGABYTE = 1024 * 1024


@pytest.fixture
def ticket(systems: Any, province: Province) -> str:  # noqa: F811
    """The address of a ticket from Changyi to Linjiang."""
    return f"/tickets/{systems('changyi').post('/tickets', enquiry(province)).json['number']}"


def send(system: System, ticket: str, *files: tuple[str, bytes], headers: Any = None, **fields: str) -> TestResponse:
    """As a form, with a boundary of its own each time."""
    chosen = [(BytesIO(content), name) for name, content in files]
    answer = system.client.post(f"/api/v1{ticket}/messages", data={**fields, "files": chosen},
                                headers={**system.headers, **(headers or {})},
                                content_type="multipart/form-data")  # fmt: skip
    answer.request.environ["wsgi.input"].close()  # a temporary file of the test client, which leaves it open
    return answer


def good(name: str) -> tuple[str, bytes]:
    return name, samples.GOOD[name][1]


def kept(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(Attachment.id))) or 0


def messages(session: Session) -> int:
    """How many were sent since the opening, which has one of its own."""
    return (session.scalar(select(func.count(Entry.id)).where(Entry.kind == "message")) or 0) - 1


def test_files_go_with_a_message_and_the_other_side_takes_them_as_they_were(systems: Any, ticket: str) -> None:  # noqa: F811
    sent = send(systems("changyi"), ticket, good("户口簿.pdf"), good("照片.jpg"), text="见附件。")
    assert sent.status_code == 201, sent.json
    assert (sent.json["text"], [each["name"] for each in sent.json["attachments"]]) == ("见附件。", ["户口簿.pdf", "照片.jpg"])
    linjiang = systems("linjiang")
    assert sent.json in linjiang.get(ticket).json["entries"]
    for each in sent.json["attachments"]:
        taken = linjiang.get(each["url"].removeprefix("/api/v1"))
        assert taken.data == samples.GOOD[each["name"]][1]
        assert hashlib.sha256(taken.data).hexdigest() == each["sha256"]
        assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert systems("fusong").get(each["url"].removeprefix("/api/v1")).status_code == 404


def test_a_file_needs_no_words_may_go_to_one_unit_alone_and_a_form_needs_no_file(
    systems: Any, province: Province, ticket: str  # noqa: F811
) -> None:
    changyi = systems("changyi")
    changyi.post(f"{ticket}/places", {"unit": province.fusong.code, "step": "answer", "reason": "也请核对"})
    alone = send(changyi, ticket, good("户口簿.pdf"), to=province.linjiang.code)
    assert (alone.status_code, alone.json["to"]["code"]) == (201, province.linjiang.code)
    url = alone.json["attachments"][0]["url"].removeprefix("/api/v1")
    assert [systems(name).get(url).status_code for name in ("linjiang", "fusong")] == [200, 404]
    assert send(changyi, ticket, text="没有附件").json["attachments"] == []
    nothing = send(changyi, ticket, text=" ")
    assert (nothing.status_code, [each["field"] for each in nothing.json["errors"]]) == (422, ["text"])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("logo.svg", samples.SVG, "SVG"),
        ("照片.jpg", samples.HTML, "web page"),
        ("大.pdf", samples.pdf() + b"\x00" * 21 * MEGABYTE, "20 MB"),
        ("空.pdf", b"", "empty"),
        ("宏.docm", samples.office("docm"), "macros"),
        ("setup.exe", b"MZ\x90\x00", "program"),
        ("a.zip", samples.zipped({"a.txt": b"1"}), "archive"),
        ("../../etc/passwd.txt", b"root", "path"),
        ("C:\\\\a\\\\b.png", samples.png(), "path"),
    ],
    ids=["SVG", "HTML named jpg", "21 MB", "empty", "macros", "program", "archive", "path", "path of Windows"],
)
def test_a_bad_file_is_refused_by_its_place_with_its_reason_and_nothing_is_kept(
    systems: Any, session: Session, ticket: str, name: str, content: bytes, reason: str  # noqa: F811
) -> None:
    refused = send(systems("changyi"), ticket, good("户口簿.pdf"), (name, content), text="说明")
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    (error,) = refused.json["errors"]
    assert error["field"] == "files.0", "the first that is refused"
    assert reason in error["detail"]
    assert (kept(session), messages(session)) == (0, 0)


def test_an_eleventh_file_is_refused_and_so_is_more_than_ten_large_ones_at_once(
    systems: Any, session: Session, ticket: str  # noqa: F811
) -> None:
    changyi = systems("changyi")
    refused = send(changyi, ticket, *[(f"{n}.png", samples.png()) for n in range(11)])
    assert (refused.status_code, "10.png" in refused.json["errors"][0]["detail"]) == (422, True)

    def announced(megabytes: int, kind: str = "multipart/form-data; boundary=x") -> int:
        length = {"CONTENT_LENGTH": str(megabytes * MEGABYTE), "CONTENT_TYPE": kind}
        return int(changyi.client.post(f"/api/v1{ticket}/messages", headers=changyi.headers,
                                       environ_overrides=length).status_code)  # fmt: skip

    assert announced(200) == 400, "it is read; then it breaks off"
    assert announced(202) == 413
    assert announced(17, "application/json") == 413, "only files may be so large"
    assert kept(session) == 0


def test_files_under_another_name_and_fields_that_are_not_there_are_refused(
    systems: Any, session: Session, ticket: str  # noqa: F811
) -> None:
    changyi = systems("changyi")
    wrong = changyi.client.post(f"/api/v1{ticket}/messages", headers=changyi.headers,
                                data={"file": (BytesIO(samples.png()), "a.png"), "text": "x"})  # fmt: skip
    assert (wrong.status_code, [each["field"] for each in wrong.json["errors"]]) == (422, ["file"])
    assert [each["field"] for each in send(changyi, ticket, good("户口簿.pdf"), subject="x").json["errors"]] == ["subject"]
    closing = changyi.client.post(f"/api/v1{ticket}/withdraw", headers=changyi.headers,
                                  data={"reason": "x", "files": (BytesIO(samples.png()), "a.png")})  # fmt: skip
    assert closing.status_code == 422, "no other call takes a form"
    assert kept(session) == 0


def test_the_same_key_sends_the_same_files_once_and_others_are_refused(
    systems: Any, session: Session, ticket: str  # noqa: F811
) -> None:
    changyi, key = systems("changyi"), {"Idempotency-Key": "f1"}
    first, again = (send(changyi, ticket, good("户口簿.pdf"), good("照片.jpg"), text="x", headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert first.status_code == 201
    for other in (
        send(changyi, ticket, good("户口簿.pdf"), text="x", headers=key),
        send(changyi, ticket, good("照片.jpg"), good("户口簿.pdf"), text="x", headers=key),
        send(changyi, ticket, good("户口簿.pdf"), good("照片.jpg"), text="y", headers=key),
        send(changyi, ticket, good("户口簿.pdf"), ("照片.jpg", samples.jpeg(b"other")), text="x", headers=key),
    ):
        assert other.status_code == 409
    assert (kept(session), messages(session)) == (2, 1)


def test_a_ticket_of_others_a_closed_one_and_a_token_without_the_scope_take_no_file(
    app: Flask, systems: Any, session: Session, province: Province, clock: Clock, ticket: str  # noqa: F811
) -> None:
    assert send(systems("fusong"), ticket, good("户口簿.pdf")).status_code == 404
    _token, plaintext = add_token(session, PORTAL, province.changyi.code, "x", clock.now, scopes=[Permission.TICKET_READ])
    session.commit()
    reader = System(app.test_client(), plaintext)  # type: ignore[arg-type]
    assert send(reader, ticket, good("户口簿.pdf")).status_code == 403
    assert systems("changyi").post(f"{ticket}/withdraw", {"reason": "不需要了"}).status_code == 200
    assert send(systems("changyi"), ticket, good("户口簿.pdf")).status_code == 409
    assert kept(session) == 0


def test_what_the_scanner_finds_is_refused_and_it_is_not_asked_about_tickets_of_others(
    app: Flask, systems: Any, session: Session, ticket: str, tmp_path: Path  # noqa: F811
) -> None:
    asked = tmp_path / "asked"
    script = tmp_path / "scanner.py"
    script.write_text(f"import sys; open({str(asked)!r}, 'a').write('x'); sys.exit(b'EICAR' in sys.stdin.buffer.read())")
    scan = ScanSettings((sys.executable, str(script)), timeout=10)
    app.extensions["settings"] = replace(app.extensions["settings"], scan=scan)
    refused = send(systems("changyi"), ticket, ("eicar.txt", samples.EICAR))
    assert (refused.status_code, "virus" in refused.json["errors"][0]["detail"]) == (422, True)
    assert asked.read_text() == "x"
    assert send(systems("fusong"), ticket, good("户口簿.pdf")).status_code == 404
    assert asked.read_text() == "x"
    assert kept(session) == 0


def test_the_command_of_the_page_sends_files(app: Flask, client: Any) -> None:
    assert app
    page = client.get("/api/docs", headers={"Accept-Language": "en"}).text
    command = page.partition('id="files-message"')[2].partition("</code>")[0]
    assert "-F files=@scan-1.pdf" in command
    described = client.get("/api/v1/openapi.json").json["paths"]["/api/v1/tickets/{number}/messages"]["post"]
    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(form) == {"text", "to", "files"}
    assert form["files"]["maxItems"] == 10
