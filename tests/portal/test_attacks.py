"""What an attacker tries first, each through the door where he would: it is refused, or stays what it is, a text."""

import csv
import re
from collections.abc import Iterator
from io import BytesIO, StringIO

import pytest
from flask import Flask, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.conversation.models import Attachment, TextTemplate
from portal.web.downloads import save_as
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.test_hardening import RUBBISH, field_names, posts, send, walk  # noqa: F401  a fixture
from tests.portal.walk.walking import Walk
from tests.portal.world import opened

ELSEWHERE = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)",
    "/account\r\nSet-Cookie: a=b", "http:evil.example", "https:/evil.example", "/%0d%0aSet-Cookie:a=b//evil.example",
)  # fmt: skip
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1")
NUMBER = re.compile(r"-?[\d.]+")
BEGINS_A_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]")

pytestmark = pytest.mark.usefixtures("app", "clock")


@pytest.fixture
def changyi(client: Client, session: Session, province: Province) -> Client:
    """An officer of the hall of Changyi, signed in."""
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    return client


@pytest.fixture
def here(database: str) -> None:
    """What an attacker sends is refused before the database has a say: one kind of it is enough."""
    if database == "postgresql":
        pytest.skip("the same on both")


# --- sent on, sent elsewhere -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_to_another_site_by_any_form_that_sends_on(changyi: Client, target: str) -> None:
    sent = [
        changyi.submit("/language", {"language": "en", "next": target}, page="/account"),
        changyi.get("/sign-in", query_string={"next": target}),
    ]
    for answer in sent:
        assert answer.status_code in {302, 303}
        assert re.fullmatch(r"/(?![/\\])[\w./?=&%#-]*", answer.headers["Location"]), answer.headers["Location"]
        assert "evil" not in answer.headers["Location"].partition("?")[0]
        assert "a=b" not in answer.headers.get("Set-Cookie", "")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PUT", "DELETE", "PATCH"])
def test_a_method_that_is_not_spoken_is_refused(client: Client, method: str) -> None:
    for path in ("/sign-in", "/api/v1/units", "/static/css/tokens.css"):
        answer = client.open(path, method=method, headers={"Cookie": "secret=1"})
        assert answer.status_code in {400, 404, 405}
        assert "secret" not in answer.text, "nothing of the request is told back"


# --- a form of another site ------------------------------------------------------------------------------------------

WITHOUT = {"/tickets/<number>/presences"}
"Said by a page that is left, perhaps after its session; of its reader alone."


@pytest.mark.usefixtures("here")
def test_no_page_takes_a_form_without_its_token(walk: Walk) -> None:  # noqa: F811
    refused = 0
    for route in posts(walk):
        if route[1].startswith("/api/") or route[1] in WITHOUT:
            continue
        visitor = walk.visitor("officer")
        answer = walk.app.test_client(use_cookies=False).post(
            walk.path(route, walk.world["own"][1]), data={"text": "x"}, headers=visitor.headers
        )
        assert answer.status_code == 400, route
        refused += 1
    assert refused > 80


@pytest.mark.usefixtures("here")
def test_no_form_breaks_on_rubbish_of_somebody_who_has_not_signed_in(walk: Walk) -> None:  # noqa: F811
    names, visitor = field_names(walk), walk.visitor("nobody")
    for number, route in enumerate(posts(walk)):
        data = {name: RUBBISH[(number + place) % len(RUBBISH)] for place, name in enumerate(names)}
        send(walk, route, visitor, {**data, "csrf_token": visitor.csrf})


# --- text that would be more -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_any_table_begins_a_formula(
    client: Client, session: Session, province: Province, formula: str, database: str
) -> None:
    if database == "sqlite":
        tables = [*_tables(client, session, province, formula)]
        assert len(tables) >= 2
        cells = [cell for table in tables for row in csv.reader(StringIO(table)) for cell in row]
        assert [cell for cell in cells if BEGINS_A_FORMULA.match(cell) and not NUMBER.fullmatch(cell)] == []


def _tables(client: Client, session: Session, province: Province, formula: str) -> Iterator[str]:
    """Everything that leaves as CSV, with the text in the names of a unit, a contact and an officer."""
    province.changyi.name = f"{formula}大厅"
    for contact in province.changyi.contacts:
        contact.name = contact.remark = formula
    for role, paths in {
        Role.SUPERVISOR: ["/directory/exports/csv", "/statistics/sheets/units"],
        Role.AUDITOR: ["/audit/exports/csv"],
    }.items():
        sign_in(client, make_officer(session, province.corps, f"of-{role}", role, name=formula))
        page = "/audit" if role is Role.AUDITOR else "/account"
        for path in paths:
            answer = client.submit(path, page=page) if path.startswith("/audit") else client.get(path)
            assert answer.status_code == 200, path
            if answer.mimetype == "text/csv":
                yield answer.data.decode("utf-8-sig")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("typed", ["{{ 7 * 191 }}", "{% print(7*191) %}", "${7*191}", "#{7*191}", "{number.__class__}", "{0!r}"])
def test_a_text_with_fields_is_filled_and_never_run(
    changyi: Client, session: Session, province: Province, clock: Clock, typed: str
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now, subject=typed, message=typed)
    text = TextTemplate(unit_code=province.changyi.code, title="t", body=f"{typed} {{number}}", changed_at=clock.now,
                        changed_by="x")  # fmt: skip
    session.add(text)
    session.commit()
    for path in (f"/tickets/{ticket.number}/texts/{text.id}", f"/tickets/{ticket.number}"):
        page = changyi.get(path)
        assert page.status_code == 200
        assert "1337" not in page.text
        assert "&lt;class" not in page.text
        assert "<class" not in page.text


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\windows.txt", "/etc/shadow.txt", "a\r\nX-Injected: 1.txt", 'a"; filename="b.exe.txt',
             "\u202etxt.exe.txt", "a\x00.txt", "." * 300 + ".txt"]
)  # fmt: skip
def test_a_files_name_leaves_neither_its_folder_nor_its_header(
    changyi: Client, session: Session, province: Province, clock: Clock, name: str
) -> None:
    number = opened(session, province.changyi, province.linjiang, clock.now).number
    changyi.submit(
        f"/tickets/{number}/messages", {"text": "见附件", "files": (BytesIO(b"A note."), name)}, page=f"/tickets/{number}",
        content_type="multipart/form-data",
    )  # fmt: skip
    session.rollback()
    for one in session.scalars(select(Attachment)):
        answer = changyi.get(f"/tickets/{number}/attachments/{one.id}")
        assert answer.status_code == 200
        assert "X-Injected" not in answer.headers
        said = answer.headers["Content-Disposition"]
        assert said.startswith("attachment;")
        assert not set("/\\\r\n\0") & set(said.replace("UTF-8''", "")), said
        assert len(re.findall(r"filename=", said)) == 1


@pytest.mark.parametrize("name", ['报表"; x="1.csv', "a\r\nX-Injected: 1.csv", "a\nb.csv", "..\\..\\a.csv"])
def test_no_name_of_a_table_ends_its_header(app: Flask, name: str, database: str) -> None:
    assert app
    if database == "sqlite":
        answer = save_as(Response(), name)
        assert list(answer.headers.keys()).count("X-Injected") == 0
        assert not set("\r\n") & set(answer.headers["Content-Disposition"])
