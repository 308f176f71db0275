"""A steward gives a table in, looks at it, answers, applies, undoes; nobody else does."""

import io
import re
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory import importing
from directory.imports import ImportProgress, ImportRecord, ImportState
from directory.models import Contact, Unit
from directory.sheets import planning
from directory.sheets.plan import Line, Plan
from directory.sheets.recognising import Record
from portal.accounts.models import Officer
from portal.audit.models import AuditRecord
from portal.contacts import import_progress, import_work
from portal.extensions import db
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import words
from tests.sheets import csv_of, xlsx_of

HEADER = ["机构代码", "单位名称", "联系人", "联系电话"]
ROWS = [["220202510000", "站前派出所", "张三", "80001234"], ["220202520000", "新地号东派出所", "李四", "80001235"]]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def steward(session: Session, province: Province, client: Client, clock: Clock) -> Officer:
    made = make_officer(session, province.changyi, "wu", Role.STEWARD)
    sign_in(client, made)
    return made


def given_in(client: Client, content: bytes, name: str = "统计表.csv") -> str:
    """The address of the import's page."""
    data = {"file": (io.BytesIO(content), name)}
    response = client.submit("/directory/imports", data, content_type="multipart/form-data")
    assert response.status_code == 302, words(response.text)
    return str(response.location)


def record(session: Session) -> ImportRecord:
    session.expire_all()
    return session.scalars(select(ImportRecord).order_by(ImportRecord.id.desc())).first() or pytest.fail("none")


@pytest.mark.usefixtures("steward")
def test_from_the_file_to_the_table_and_back(client: Client, session: Session) -> None:
    page = given_in(client, xlsx_of([HEADER, *ROWS]), "统计表.xlsx")
    shown = client.get(page).text
    assert "是否已更名" in words(shown)
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is None
    key = re.findall(r'name="answer:([^"]+)"', shown)[0]
    assert client.submit(f"{page}/answers", {f"answer:{key}": "rename"}, page=page).status_code == 302
    assert client.submit(f"{page}/application", {}, page=page).status_code == 302
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is not None
    assert session.get_one(Unit, "220202520000").name == "新地号东派出所"
    assert "已导入" in words(client.get(page).text)
    assert client.submit(f"{page}/undoing", {}, page=page).status_code == 302
    session.expire_all()
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is None
    assert session.get_one(Unit, "220202520000").name == "新地号派出所"
    of_imports = select(AuditRecord.action).where(AuditRecord.action.startswith("import")).order_by(AuditRecord.id)
    actions = session.scalars(of_imports).all()
    assert actions == ["import.receive", "import.apply", "import.undo"]


@pytest.mark.usefixtures("steward")
def test_the_table_of_a_country_is_not_too_large_a_file(client: Client) -> None:
    """A file of blanks is refused for what it holds, not for its size, where other pages take less than it."""
    client.application.config["MAX_CONTENT_LENGTH"] = 10_000
    data = {"file": (io.BytesIO(b" " * 10_001), "统计表.csv")}
    assert client.submit("/directory/imports", data, content_type="multipart/form-data").status_code == 422


@pytest.mark.usefixtures("steward")
def test_the_file_can_be_taken_back_as_it_was(client: Client) -> None:
    content = csv_of([HEADER, *ROWS], encoding="gb18030")
    response = client.get(f"{given_in(client, content)}/file")
    assert response.data == content
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.usefixtures("steward")
def test_rows_are_looked_at_by_what_becomes_of_them(client: Client) -> None:
    outside = ["220681000000", "临江市户政大厅", "王五", "110"]
    page = given_in(client, csv_of([HEADER, *ROWS, outside]))
    assert "不在您单位辖下" in words(client.get(f"{page}?show=refused").text)
    assert "张三" in client.get(f"{page}?show=new").text
    assert "张三" not in client.get(f"{page}?show=refused").text


@pytest.mark.usefixtures("steward")
def test_long_tables_are_shown_a_page_at_a_time(client: Client) -> None:
    rows = [["220202510000", "站前派出所", f"张{number}", f"8000{number:04}"] for number in range(120)]
    page = given_in(client, csv_of([HEADER, *rows]))
    first = client.get(f"{page}?show=new").text
    assert first.count("planned__row--new") == 50
    assert client.get(f"{page}?show=new&after=100").text.count("planned__row--new") == 20


@pytest.mark.usefixtures("steward")
def test_refused_rows_must_be_left_out_on_purpose(client: Client, session: Session) -> None:
    page = given_in(client, csv_of([HEADER, ROWS[0], ["22", "坏", "王五", "110"]]))
    refused = client.submit(f"{page}/application", {}, page=page)
    assert refused.status_code == 409
    assert "请改正文件" in words(refused.text)
    assert client.submit(f"{page}/application", {"skip_refused": "y"}, page=page).status_code == 302
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is not None


@pytest.mark.usefixtures("steward")
def test_a_plan_that_is_out_of_date_is_shown_anew(client: Client, session: Session, province: Province) -> None:
    page = given_in(client, csv_of([HEADER, ROWS[0]]))
    province.zhanqian.contacts[0].name = "张三"
    refused = client.submit(f"{page}/application", {}, page=page)
    assert refused.status_code == 409
    assert "已有变动" in words(refused.text)
    assert client.submit(f"{page}/application", {}, page=page).status_code == 302


@pytest.mark.usefixtures("steward")
def test_an_import_that_was_used_since_is_not_undone(client: Client, session: Session) -> None:
    page = given_in(client, csv_of([HEADER, ROWS[0]]))
    client.submit(f"{page}/application", {}, page=page)
    session.scalars(select(Contact).where(Contact.name == "张三")).one().post = "所长"
    refused = client.submit(f"{page}/undoing", {}, page=page)
    assert refused.status_code == 409
    assert "站前派出所" in words(refused.text)


@pytest.mark.usefixtures("steward")
@pytest.mark.parametrize(
    ("content", "told"),
    [(b"%PDF-1.7", "不是表格文件"), (b"", "空"), (b"a,b\n1,2\n", "没有找到表头")],
)
def test_what_is_no_table_is_told_and_nothing_is_kept(
    client: Client, session: Session, content: bytes, told: str
) -> None:
    data = {"file": (io.BytesIO(content), "t.xlsx")}
    response = client.submit("/directory/imports", data, content_type="multipart/form-data")
    assert response.status_code == 422
    assert told in words(response.text)
    assert session.scalar(select(func.count()).select_from(ImportRecord)) == 0


@pytest.mark.usefixtures("steward")
def test_without_a_file_one_is_told_to_choose_one(client: Client) -> None:
    response = client.submit("/directory/imports", {})
    assert response.status_code == 422
    assert "请选择文件" in words(response.text)


@pytest.mark.usefixtures("steward")
def test_a_long_table_is_the_workers(
    client: Client, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_work, "AT_ONCE", 1)
    page = given_in(client, csv_of([HEADER, ROWS[0], ROWS[0]]))
    assert record(session).state is ImportState.RECEIVED
    assert "data-wait" in client.get(page).text
    session.commit()
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 1
    assert client.get(f"{page}/state").json == {"state": "planned", "done": 0}
    client.submit(f"{page}/application", {}, page=page)
    assert record(session).state is ImportState.APPLYING
    session.commit()
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 1
    assert record(session).state is ImportState.APPLIED
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is not None
    session.commit()
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 0


@pytest.mark.usefixtures("steward")
def test_how_far_the_worker_is_is_seen_while_it_plans_and_others_write_meanwhile(
    client: Client, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_work, "AT_ONCE", 0)
    monkeypatch.setattr(import_progress, "SECONDS", -1.0)
    monkeypatch.setattr(planning, "TOLD_EVERY", 1)
    page = given_in(client, csv_of([HEADER, ROWS[0], ROWS[0], ROWS[0], ROWS[0]]))
    session.commit()
    seen: list[tuple[int, bool]] = []

    def looked(one: planning._Planner, given: Record) -> Line:
        taken = import_progress.take_on(db.sessionmaker, clock.now)
        assert taken is None, "another worker leaves it alone"
        with closing(db.sessionmaker()) as other:
            other.scalars(select(Unit)).first().remark = f"changed beside it {len(seen)}"  # type: ignore[union-attr]
            other.commit()
        shown = client.get(f"{page}/state").json["done"]
        seen.append((shown, f">{shown} %<" in client.get(page).text))
        return plainly(one, given)

    plainly = planning._Planner.line
    monkeypatch.setattr(planning._Planner, "line", looked)
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 1
    assert seen == [(0, True), (20, True), (40, True), (60, True)], "of five lines, the heading among them"
    assert record(session).state is ImportState.PLANNED
    assert session.scalars(select(ImportProgress)).all() == []


@pytest.mark.usefixtures("steward")
def test_a_sheet_that_a_killed_worker_leaves_is_taken_over(
    client: Client, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_work, "AT_ONCE", 0)
    given_in(client, csv_of([HEADER, ROWS[0]]))
    session.commit()
    assert import_progress.take_on(db.sessionmaker, clock.now) is not None
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 0
    clock.move(minutes=2)
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 1
    assert record(session).state is ImportState.PLANNED


@pytest.mark.usefixtures("steward")
def test_a_plan_that_changed_while_it_waited_is_looked_at_again(
    client: Client, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = given_in(client, csv_of([HEADER, ROWS[0]]))
    monkeypatch.setattr(import_work, "AT_ONCE", 0)
    client.submit(f"{page}/application", {}, page=page)
    session.commit()
    plainly = importing.make_plan

    def overtaken(reading: Session, *given: Any, **others: Any) -> Plan:
        made = plainly(reading, *given, **others)
        monkeypatch.setattr(importing, "make_plan", plainly)
        with closing(db.sessionmaker()) as other:
            other.get_one(Unit, "220202510000").name = "改了名的派出所"
            other.commit()
        return made

    monkeypatch.setattr(importing, "make_plan", overtaken)
    assert import_work.work_on_imports(db.sessionmaker, clock.now) == 1
    session.expire_all()
    assert record(session).fault == "changed"
    assert record(session).state is ImportState.PLANNED


@pytest.mark.usefixtures("steward")
def test_what_the_worker_cannot_finish_is_told_and_does_not_hold_up_others(
    client: Client, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(import_work, "AT_ONCE", 0)
    page = given_in(client, csv_of([HEADER, ROWS[0]]))
    record(session).content = b"no table any more"
    session.commit()
    import_work.work_on_imports(db.sessionmaker, clock.now)
    assert record(session).fault == "broken"
    assert "未能完成导入" in words(client.get(page).text)
    assert "could not be finished" in caplog.text


def test_a_steward_of_another_place_does_not_see_it(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    page = given_in(client, csv_of([HEADER, ROWS[0]]))
    sign_in(client, make_officer(session, province.linjiang, "li", Role.STEWARD))
    for path in (page, f"{page}/file", f"{page}/state"):
        assert client.get(path).status_code == 404
    sign_in(client, make_officer(session, province.jilin, "ji", Role.STEWARD))
    assert client.get(page).status_code == 200


def test_an_officer_takes_the_table_away_but_gives_none_in(
    client: Client, session: Session, province: Province
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert client.get("/directory/imports").status_code == 403
    for kind in ("xlsx", "csv", "vcf", "pdf"):
        response = client.get(f"/directory/exports/{kind}?under=220202000000")
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/directory/exports/exe").status_code == 404
    assert client.get("/directory/exports/csv?under=999").status_code == 404
    page = client.get("/directory").text
    assert "/directory/exports/xlsx" in page
    assert "/directory/imports" not in page
