"""Accounts that are made, changed, moved and left by the system administrator, one by one and from a sheet."""

import re
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Officer, SignInSession
from portal.audit.models import AuditRecord
from portal.tickets.models import Entry, Task
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import PASSWORD, Province, make_officer, sign_in
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("app", "clock")


@pytest.fixture
def admin(client: Client, session: Session, province: Province, clock: Clock) -> Officer:
    """The system administrator of the prefecture, signed in."""
    assert clock
    officer = make_officer(session, province.jilin, "zheng", Role.SYSTEM_ADMINISTRATOR, name="郑管理")
    sign_in(client, officer)
    return officer


@pytest.fixture
def zhang(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", name="张三", password=PASSWORD)


def unit_field(code: str) -> dict[str, str]:
    return {"unit-code": code, "unit-words": "", "unit-asked": ""}


def audited(session: Session, action: str) -> AuditRecord:
    session.expire_all()
    return session.scalars(select(AuditRecord).where(AuditRecord.action == action)).one()


def link_of(page: str) -> str:
    found = re.search(r"data-link>([^<]+)<", page)
    assert found
    return found[1].removeprefix("http://localhost")


@pytest.mark.usefixtures("admin")
def test_an_account_is_made_without_a_role_and_its_link_leads_in(
    client: Client, session: Session, province: Province
) -> None:
    data = {"name": "李四", "username": "lisi", "email": "li@ga.example", **unit_field(province.changyi.code)}
    made = client.submit("/accounts", data, page="/accounts/new")
    assert made.status_code == 201
    lisi = session.scalars(select(Officer).where(Officer.username == "lisi")).one()
    assert (lisi.unit_code, lisi.email, list(lisi.grants)) == (province.changyi.code, "li@ga.example", [])
    assert audited(session, "officer.add").actor == "郑管理"
    newcomer = client.application.test_client()
    link = link_of(made.text)
    newcomer.submit(link, {"password": PASSWORD, "repeated": PASSWORD})  # type: ignore[attr-defined]
    assert newcomer.get("/").location == "/account"
    assert newcomer.get("/directory").status_code == 403


@pytest.mark.usefixtures("admin", "zhang")
@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"name": ""}, 422), ({"username": "zhang"}, 422), ({"email": "no address"}, 422), ({"unit-code": ""}, 422),
     ({"unit-code": "220600000000"}, 422), ({"unit-code": "999999999999"}, 422)],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    client: Client, session: Session, province: Province, wrong: dict[str, str], status: int
) -> None:
    data = {"name": "李四", "username": "lisi", "email": "", **unit_field(province.changyi.code), **wrong}
    told = client.submit("/accounts", data, page="/accounts/new")
    assert told.status_code == status
    assert f'value="{data["username"]}"' in told.text
    assert not session.scalars(select(Officer).where(Officer.username == "lisi")).all()


@pytest.mark.usefixtures("admin")
def test_accounts_are_looked_up_and_listed_page_by_page(client: Client, session: Session, province: Province) -> None:
    for number in range(60):
        make_officer(session, province.zhanqian, f"officer{number:02}", name=f"民警{number:02}")
    first = client.get("/accounts").text
    assert "officer49" in first
    assert "officer50" not in first
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "officer50" in second
    assert "officer59" in second
    found = client.get("/accounts?q=民警07").text
    assert "officer07" in found
    assert "officer08" not in found
    assert "officer07" in client.get("/accounts?q=站前 民警07").text


@pytest.mark.usefixtures("admin")
def test_those_of_another_prefecture_are_not_there(client: Client, session: Session, province: Province) -> None:
    other = make_officer(session, province.linjiang, "liwei", name="李伟")
    session.commit()
    assert "liwei" not in client.get("/accounts?state=all").text
    assert client.get(f"/accounts/{other.id}").status_code == 404
    assert client.submit(f"/accounts/{other.id}/links", page="/accounts").status_code == 404


@pytest.mark.usefixtures("admin")
def test_a_name_and_an_address_are_changed(client: Client, session: Session, zhang: Officer) -> None:
    page = f"/accounts/{zhang.id}"
    assert client.submit(f"{page}/changes", {"name": "张三丰", "email": "z3@ga.example"}, page=page).location == page
    assert (zhang.name, zhang.email) == ("张三丰", "z3@ga.example")
    assert audited(session, "officer.change").detail == {"changed": ["name", "email"]}


@pytest.mark.usefixtures("admin")
def test_a_newer_link_makes_the_one_before_void_and_the_password_lasts_until_then(
    client: Client, session: Session, zhang: Officer
) -> None:
    page = f"/accounts/{zhang.id}"
    older = link_of(client.submit(f"{page}/links", page=page).text)
    newer = link_of(client.submit(f"{page}/links", page=page).text)
    assert zhang.password_hash
    visitor = client.application.test_client()
    assert visitor.get(older).status_code == 410
    assert visitor.get(newer).status_code == 200


def test_who_moves_to_another_unit_leaves_the_open_tasks_there(
    client: Client, session: Session, admin: Officer, zhang: Officer, province: Province, clock: Clock
) -> None:
    task = opened(session, province.linjiang, province.changyi, clock.now).tasks[0]
    task.assignee_id = zhang.id
    browser = client.application.test_client()
    sign_in(browser, zhang)  # type: ignore[arg-type]
    page = f"/accounts/{zhang.id}"
    moved = client.submit(f"{page}/moves", unit_field(province.chuanying.code), page=f"{page}/moves")
    assert moved.location == page
    session.expire_all()
    kept = session.get_one(Task, task.id)
    assert (kept.unit_code, kept.assignee_id) == (province.changyi.code, None)
    assert zhang.unit_code == province.chuanying.code
    released = session.scalars(select(Entry).where(Entry.kind == "released")).one()
    assert (released.by, released.detail) == (admin.name, {"officer": "张三"})
    assert browser.get("/account").status_code == 302
    assert audited(session, "officer.move").detail == {"former": province.changyi.code, "unit": province.chuanying.code}


@pytest.mark.usefixtures("admin")
def test_nobody_is_moved_out_of_the_administrators_reach(
    client: Client, session: Session, zhang: Officer, province: Province
) -> None:
    page = f"/accounts/{zhang.id}/moves"
    assert client.submit(page, unit_field(province.linjiang.code)).status_code == 422
    session.expire_all()
    assert zhang.unit_code == province.changyi.code


@pytest.mark.usefixtures("admin")
def test_who_has_left_cannot_sign_in_and_comes_back_as_a_newcomer(
    client: Client, session: Session, zhang: Officer
) -> None:
    page, browser = f"/accounts/{zhang.id}", client.application.test_client()
    sign_in(browser, zhang)  # type: ignore[arg-type]
    old_link = link_of(client.submit(f"{page}/links", page=page).text)
    assert client.submit(f"{page}/departures", {"why": ""}, page=f"{page}/departures").status_code == 422
    assert client.submit(f"{page}/departures", {"why": "退休"}, page=f"{page}/departures").location == page
    assert browser.get("/account").status_code == 302
    assert browser.get(old_link).status_code in {404, 410}
    assert "zhang" not in client.get("/accounts").text
    assert "zhang" in client.get("/accounts?state=left").text
    assert client.submit(f"{page}/returns", page=page).location == page
    session.expire_all()
    assert (zhang.active, zhang.password_hash, list(zhang.grants)) == (True, None, [])
    assert audited(session, "officer.reactivate").detail == {"roles_ended": ["officer"]}


def test_nobody_does_it_to_himself(client: Client, session: Session, admin: Officer, province: Province) -> None:
    page = f"/accounts/{admin.id}"
    assert client.submit(f"{page}/departures", {"why": "x"}, page=f"{page}/departures").status_code == 409
    assert client.submit(f"{page}/links", page=page).status_code == 409
    assert client.submit(f"{page}/factor-resets", {"why": "x"}, page=page).status_code == 409
    assert client.submit(f"{page}/moves", unit_field(province.changyi.code), page=f"{page}/moves").status_code == 409
    session.expire_all()
    assert admin.active


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("role", [Role.SECURITY_ADMINISTRATOR, Role.AUDITOR])
def test_no_administrator_makes_himself_another_of_the_three(
    client: Client, session: Session, province: Province, runner: Runner, role: Role
) -> None:
    feng = make_officer(session, province.jilin, "feng", role)
    session.commit()
    page = f"/accounts/{feng.id}"
    assert client.submit(f"{page}/links", page=page).status_code == 409
    assert client.submit(f"{page}/factor-resets", {"why": "x"}, page=page).status_code == 409
    assert "/first-sign-in/" in runner("portal", "officer", "link", "feng").output
    assert runner("portal", "officer", "reset-factor", "feng", "--why", "x").exit_code == 0
    assert runner("portal", "officer", "link", "nobody").exit_code == 1


@pytest.mark.usefixtures("admin")
def test_a_second_factor_is_reset_with_a_reason(client: Client, session: Session, province: Province) -> None:
    chief = make_officer(session, province.changyi, "sun", Role.SUPERVISOR)
    session.commit()
    page = f"/accounts/{chief.id}"
    assert client.submit(f"{page}/factor-resets", {"why": ""}, page=page).status_code == 422
    assert client.submit(f"{page}/factor-resets", {"why": "telephone lost, seen in person"}, page=page).location == page
    session.expire_all()
    assert chief.factor is None
    assert audited(session, "factor.reset").detail == {"why": "telephone lost, seen in person"}


def test_sensitive_changes_ask_for_the_password_once_more(
    client: Client, admin: Officer, zhang: Officer, clock: Clock
) -> None:
    clock.move(minutes=11)
    page = f"/accounts/{zhang.id}"
    asked = client.submit(f"{page}/changes", {"name": "王五", "email": "w@ga.example"}, page=page)
    assert asked.status_code == 403
    assert "王五</textarea>" in asked.text
    assert admin


# --- from a sheet ----------------------------------------------------------------------------------------------------

SHEET = """民警名册,,,
姓名,单位,用户名,邮箱
赵一,昌邑区户政大厅,zhaoyi,zhao@ga.example
钱二,,,
孙三,220202510000,,
,昌邑区户政大厅,,
李四,不存在的单位,,
周五,临江市户政大厅,,
吴六,昌邑区户政大厅,zhang,
郑七,昌邑区户政大厅,,not an address
王八,昌邑区户政大厅,zhaoyi,
"""


@pytest.mark.usefixtures("admin", "zhang")
def test_a_sheet_is_looked_at_row_by_row_and_then_entered(
    client: Client, session: Session, province: Province
) -> None:
    looked = client.submit(
        "/accounts/imports",
        {"file": (BytesIO(SHEET.encode("gb18030")), "名册.csv")},
        content_type="multipart/form-data",
    )
    assert looked.status_code == 200
    for number in (6, 7, 8, 9, 10, 11):
        assert f"第 {number} 行" in looked.text
    assert not session.scalars(select(Officer).where(Officer.username == "zhaoyi")).all()
    text = re.search(r'<textarea name="text" hidden>(.*?)</textarea>', looked.text, re.DOTALL)
    assert text
    made = client.submit("/accounts/imports/entries", {"text": text[1]}, page="/accounts/imports")
    assert made.status_code == 201
    assert len(re.findall(r"data-link>", made.text)) == 3
    units = dict(session.execute(select(Officer.name, Officer.unit_code).where(Officer.name.in_(["赵一", "钱二", "孙三"]))).all())
    assert units == {"赵一": province.changyi.code, "钱二": province.changyi.code, "孙三": province.zhanqian.code}
    assert audited(session, "officers.import").detail == {"added": 3, "refused": 6}
    again = client.submit("/accounts/imports", {"text": text[1]}, page="/accounts/imports")
    assert "钱二" not in re.sub(r"<textarea.*?</textarea>", "", again.text, flags=re.DOTALL)


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"nothing,here\n1,2\n"])
def test_what_is_no_list_of_officers_is_told_so(client: Client, content: bytes) -> None:
    told = client.submit(
        "/accounts/imports", {"file": (BytesIO(content), "x.csv")}, content_type="multipart/form-data"
    )
    assert told.status_code == 422


# --- where they are signed in ----------------------------------------------------------------------------------------


def test_the_security_administrator_sees_and_ends_sessions(
    client: Client, session: Session, province: Province, zhang: Officer
) -> None:
    sign_in(client, make_officer(session, province.jilin, "feng", Role.SECURITY_ADMINISTRATOR))
    browsers = [client.application.test_client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser, zhang)  # type: ignore[arg-type]
    outside = make_officer(session, province.linjiang, "liwei")
    sign_in(client.application.test_client(), outside)  # type: ignore[arg-type]
    listed = client.get("/sessions?q=zhang").text
    assert "张三" in listed
    assert "liwei" not in client.get("/sessions").text
    first = session.scalars(select(SignInSession.id).where(SignInSession.officer_id == zhang.id)).first()
    assert client.submit(f"/sessions/{first}/ends", page="/sessions").location == "/sessions"
    assert [browser.get("/account").status_code for browser in browsers].count(302) == 1
    client.submit(f"/sessions/officers/{zhang.id}/ends", page="/sessions")
    assert [browser.get("/account").status_code for browser in browsers] == [302] * 3
    theirs = session.scalars(select(SignInSession.id).where(SignInSession.officer_id == outside.id)).one()
    assert client.submit(f"/sessions/{theirs}/ends", page="/sessions").status_code == 404
