"""The public guide: what everybody reads without signing in, what nobody finds out there, and who writes it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.actions import refresh_lookup_terms
from directory.models import ContactRole
from portal.audit.models import AuditRecord
from portal.guide.catalogue import shipped
from portal.guide.models import GuideVersion
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.pages import words

PERSON, EMAIL, INTERNAL, PUBLIC_PHONE = "欧阳植入", "planted@ga.example", "0432-80009876", "0432-62001234"
TEXT = "/guide-texts/fees"
ROW = {
    "statements-0-zh": "换领：每证 30 元。",
    "statements-0-en": "Renewal: 30 yuan <b>now</b>.",
    "statements-0-source_zh": "甲号文",
    "statements-0-source_en": "Document A",
    "statements-0-since": "2016-02-01",
    "statements-1-zh": "",
    "statements-1-since": "",
    "seen": "0",
    "why": "Document A",
}


@pytest.fixture
def planted(session: Session, province: Province, clock: Clock) -> Province:
    """Changyi's hall with a public phone and an address, and people whom nobody outside may know."""
    assert clock
    hall = province.changyi
    hall.public_phone, hall.address = PUBLIC_PHONE, "重庆街道12号"
    for role in (ContactRole.SUPERVISOR, ContactRole.DESK):
        make_contact(session, hall, role, name=PERSON, post="植入职务", email=EMAIL, phone=INTERNAL)
    refresh_lookup_terms(session, [hall.code])
    session.commit()
    return province


def test_the_guide_says_who_what_how_long_and_how_much_each_with_its_source(client: Client, planted: Province) -> None:
    assert planted
    page = client.get("/guide")
    text = words(page.text)
    assert page.status_code == 200
    for said in ("六十日", "每证 40 元", "二十六周岁至四十五周岁：二十年", "首次申领的", "自2004年1月1日起施行", "第十二条"):
        assert said in text
    english = words(client.get("/guide?language=en").text)
    assert "Replacement of a lost or damaged card: 40 yuan." in english
    assert "in force since 1 Jan 2004" in english


def test_every_statement_that_ships_is_in_both_languages_with_a_source() -> None:
    statements = [each for section in shipped().values() for each in section.statements]
    assert all(each.zh and each.en and each.source_zh and each.source_en for each in statements)
    assert list(shipped()) == ["who", "materials", "steps", "limits", "fees", "validity", "refusals"]


@pytest.mark.parametrize("typed", ["昌邑", "changyi", "cy", "重庆街道", "昌邑 大厅"])
def test_a_hall_is_found_by_name_pinyin_district_and_address(client: Client, planted: Province, typed: str) -> None:
    assert planted
    text = words(client.get("/guide/where", query_string={"q": typed}).text)
    assert "昌邑区户政大厅" in text
    assert PUBLIC_PHONE in text


@pytest.mark.parametrize("typed", [PERSON, "ouyangzhiru", "植入职务", EMAIL, INTERNAL, "80009876", "9876", "内勤", "220202000000"])
def test_nobody_is_found_by_a_person_a_post_an_address_of_mail_an_internal_number_or_a_code(
    client: Client, planted: Province, typed: str
) -> None:
    assert planted
    assert "户政大厅" not in client.get("/guide/where", query_string={"q": typed}).text


@pytest.mark.parametrize("address", ["/guide/where?q=昌邑", "/guide/where", "/guide/districts/220202", "/guide"])
def test_no_public_page_tells_anything_else_of_the_directory(client: Client, planted: Province, address: str) -> None:
    assert planted
    page = client.get(address).text
    for secret in (PERSON, EMAIL, "@", "植入职务", INTERNAL, "80009876", "220202000000", "治安警察支队", "总队"):
        assert secret not in page


def test_a_place_is_open_until_or_closed_until(client: Client, planted: Province, clock: Clock) -> None:
    assert planted
    assert "现在开门" in (page := words(client.get("/guide/districts/220202").text)) or "至 11:30" in page
    assert "至 11:30" in page
    clock.set("2016-01-04 12:00")
    assert "13:30" in words(client.get("/guide/districts/220202").text)
    assert "至 11:30" not in words(client.get("/guide/districts/220202").text)


def test_what_is_closed_or_not_in_service_is_not_shown(client: Client, session: Session, planted: Province) -> None:
    planted.zhanqian.in_service_from = None
    session.commit()
    page = client.get("/guide/districts/220202").text
    assert "站前派出所" not in page
    assert "新地号派出所" in page
    assert client.get("/guide/districts/2202").status_code == 404


def test_an_id_number_does_not_stay_in_the_address(client: Client, planted: Province) -> None:
    assert planted
    answer = client.get("/guide/where?q=22020219900101003X&language=en")
    assert answer.status_code == 302
    assert "1990" not in answer.location
    assert "language=en" in answer.location


def test_any_cache_may_keep_a_public_page_and_ask_whether_it_changed(client: Client, planted: Province) -> None:
    assert planted
    first = client.get("/guide")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in first.headers
    assert "csrf" not in first.text
    assert "<script" not in first.text
    assert client.get("/guide", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_supervisors_of_the_province_write_it_and_every_version_is_kept(
    client: Client, session: Session, planted: Province
) -> None:
    sign_in(client, make_officer(session, planted.corps, "corps", Role.SUPERVISOR))
    assert client.submit(f"{TEXT}/versions", ROW, page=TEXT).status_code == 302
    public = client.get("/guide?language=en").text
    assert "Renewal: 30 yuan &lt;b&gt;now&lt;/b&gt;." in public
    assert "not yet in force" in public
    version = session.scalars(select(GuideVersion)).one()
    assert (version.by, version.why) == ("Corps", "Document A")
    assert session.scalar(select(AuditRecord.object).where(AuditRecord.action == "guide.rewrite")) == "guide fees"
    assert "Document A" in client.get(TEXT).text


def test_who_began_from_an_older_version_is_told_and_loses_nothing(
    client: Client, session: Session, planted: Province
) -> None:
    sign_in(client, make_officer(session, planted.corps, "corps", Role.SUPERVISOR))
    client.submit(f"{TEXT}/versions", ROW, page=TEXT)
    answer = client.submit(f"{TEXT}/versions", ROW | {"statements-0-zh": "换领：每证 35 元。"}, page=TEXT)
    assert answer.status_code == 422
    assert "他人已修改" in answer.text
    assert "每证 35 元" in answer.text
    assert len(session.scalars(select(GuideVersion)).all()) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"statements-0-en": ""}, "或者清空整条"),
        ({"statements-0-since": "soon"}, "2016-01-04"),
        ({"why": ""}, "statements"),
        ({name: "" for name in ROW if name.startswith("statements")}, "至少保留一条"),
    ],
)
def test_a_row_that_is_not_whole_is_refused_with_what_to_do(
    client: Client, session: Session, planted: Province, wrong: dict[str, str], told: str
) -> None:
    sign_in(client, make_officer(session, planted.corps, "corps", Role.SUPERVISOR))
    answer = client.submit(f"{TEXT}/versions", ROW | wrong, page=TEXT)
    assert answer.status_code == 422
    assert told in answer.text
    assert not session.scalars(select(GuideVersion)).all()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OFFICER, Role.SYSTEM_ADMINISTRATOR])
def test_nobody_else_writes_it(client: Client, session: Session, planted: Province, role: Role) -> None:
    sign_in(client, make_officer(session, planted.changyi, "other", role))
    assert client.get("/guide-texts").status_code == 403
    assert client.get(TEXT).status_code == 403
