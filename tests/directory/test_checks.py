"""The check of the directory: each kind of fault is found, with as many statements for a province as for a unit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import corrections, editing
from directory.checks import Rung, check
from directory.history import By
from directory.models import Contact, ContactRole
from directory.roster_import import apply_roster, plan_roster, text_of
from directory.sheets.grid import UnreadableError
from directory.shifts import Wrong
from directory.upkeep import DutyShift
from tests.factories import VERIFIED_AT, Province, make_contact
from tests.portal.pages import statements
from tests.sheets import xlsx_of

AT = VERIFIED_AT + timedelta(days=3)
STEWARD = By("通讯录管理员")


def contacts(session: Session, email: str) -> Contact:
    return session.scalars(select(Contact).where(Contact.email == email)).one()


def test_a_sound_directory_has_nothing_to_tell(session: Session, province: Province) -> None:
    assert not check(session, AT)


def test_a_rung_at_which_nobody_is_reachable_is_found_with_the_ladders_that_pass_there(
    session: Session, province: Province
) -> None:
    for role in ("supervisor", "leader"):
        corrections.mark_bounced(session, contacts(session, f"linjiang.{role}@ga.example"), "550", AT)
    for role in ("desk", "registrar"):
        editing.retire_contact(session, contacts(session, f"dahu.{role}@ga.example"), AT, STEWARD)
    session.flush()
    found = check(session, AT)
    assert [(one.unit.code, one.rung, one.ladders) for one in found.silent] == [
        (province.linjiang.code, Rung.SUPERVISORS, 3),
        (province.dahu.code, Rung.DESK, 1),
    ]
    assert [contact.email for contact in found.bouncing] == [
        "linjiang.leader@ga.example",
        "linjiang.supervisor@ga.example",
    ]
    assert len(found.corrections) == 2
    assert found.urgent


def test_contacts_unconfirmed_for_over_180_days_are_found(session: Session, province: Province) -> None:
    late = VERIFIED_AT + timedelta(days=181)
    old = len(session.scalars(select(Contact)).all())
    make_contact(session, province.dahu, ContactRole.DESK, name="从未", email="never@ga.example", verified_at=None)
    new = Contact(
        unit_code=province.dahu.code, role=ContactRole.DESK, name="新来", email="new@ga.example", language="zh"
    )
    editing.enter_contact(session, new, [], late - timedelta(days=10), STEWARD)
    editing.confirm_contacts(session, [contacts(session, "dahu.desk@ga.example")], late, STEWARD)
    session.flush()
    found = check(session, late).unconfirmed
    assert len(found) == old - 1 + 1
    assert new not in found
    assert "never@ga.example" in {contact.email for contact in found}
    assert check(session, late + timedelta(days=171)).unconfirmed.count(new) == 1


def test_what_two_contacts_share_is_found(session: Session, province: Province) -> None:
    make_contact(session, province.dahu, ContactRole.DESK, name="甲", email="Same@ga.example", phone="0439-1234567")
    make_contact(session, province.jianguo, ContactRole.DESK, name="乙", email="same@ga.example", phone="04391234567")
    one = make_contact(session, province.fusong, ContactRole.DESK, name="丙", email="two@ga.example", phone="110")
    make_contact(session, province.fusong, ContactRole.LEADER, name="丙", email="two@ga.example", phone="110")
    session.flush()
    found = check(session, AT)
    assert [(double.shared, len(double.contacts)) for double in found.double_emails] == [("same@ga.example", 2)]
    assert {contact.name for double in found.double_phones for contact in double.contacts} == {"甲", "乙"}
    assert one.name == "丙"


def test_a_phone_that_cannot_be_dialled_is_found(session: Session, province: Province) -> None:
    make_contact(session, province.dahu, ContactRole.DESK, name="甲", phone="0439-123456")
    make_contact(session, province.dahu, ContactRole.DESK, name="乙", phone="0439-1234567")
    session.flush()
    assert [phone.number for phone in check(session, AT).undialable] == ["0439-123456"]


def test_only_what_is_below_is_told(session: Session, province: Province) -> None:
    corrections.mark_bounced(session, contacts(session, "dahu.desk@ga.example"), "550", AT)
    corrections.mark_bounced(session, contacts(session, "zhanqian.desk@ga.example"), "550", AT)
    session.flush()
    below = check(session, AT, province.baishan.code)
    assert [contact.unit_code for contact in below.bouncing] == [province.dahu.code]
    assert [correction.unit_code for correction in below.corrections] == [province.dahu.code]
    everything = check(session, AT)
    assert everything.within({province.dahu.code}).bouncing == below.bouncing


@pytest.mark.usefixtures("app")
def test_a_province_asks_no_more_statements_than_a_unit(session: Session, province: Province) -> None:
    def faulty(count: int) -> None:
        for number in range(count):
            each = make_contact(session, province.dahu, ContactRole.DESK, name=f"甲{number}", phone=f"0439-12345{number}",
                                email=f"x{number}@ga.example")  # fmt: skip
            session.flush()
            corrections.mark_bounced(session, each, "550", AT)
        session.commit()
        session.expire_all()

    def asked(look: Callable[[], object]) -> int:
        with statements() as count:
            look()
        return count()

    faulty(1)
    few = asked(lambda: check(session, AT))
    faulty(8)
    session.expunge_all()
    assert asked(lambda: check(session, AT)) <= few


# A roster from a sheet

SHEET = """单位,日期,时间,姓名,电话,备注
大湖派出所,2016-02-08,08:30-17:00,张三,0439-1234567,初一
,2016-02-08,17:00-次日08:30,李四,13900000000,
建国派出所,2016-02-08,全天,dahu,,
站前派出所,2016-02-08,全天,王五,,
无此派出所,2016-02-08,全天,王五,,
大湖派出所,初二,全天,王五,,
"""


def test_a_roster_is_planned_row_by_row_and_entered_once(session: Session, province: Province) -> None:
    make_contact(session, province.dahu, ContactRole.DESK, name="张三", email="zhang@ga.example")
    session.flush()
    editable = {province.dahu.code, province.jianguo.code}
    plan = plan_roster(session, text_of(SHEET.encode("gb18030")), editable)
    assert len(plan.rows) == 3
    assert [(one.number, one.column, one.wrong) for one in plan.refused] == [
        (5, "unit", Wrong.NOT_YOURS),
        (6, "unit", Wrong.UNKNOWN_UNIT),
        (7, "date", Wrong.NO_DATE),
    ]
    assert {one.row.name for one in plan.newcomers} == {"李四", "dahu"}
    assert apply_roster(session, plan, AT, STEWARD) == 3
    assert session.scalars(select(DutyShift.note).where(DutyShift.note != "")).all() == ["初一"]
    again = plan_roster(session, SHEET, editable)
    assert not again.newcomers
    assert apply_roster(session, again, AT, STEWARD) == 0


def test_a_roster_may_come_as_a_workbook_with_titles_and_merged_units(session: Session, province: Province) -> None:
    lines = [
        ["值班表"],
        ["单位", "日期", "时间", "姓名"],
        [],
        ["大湖派出所", "2016-02-08", "08:30-17:00", "张三"],
        ["", "2016-02-08", "17:00-次日08:30", "李四"],
        ["", "初二", "全天", "李四"],
    ]
    plan = plan_roster(session, text_of(xlsx_of(lines, "A4:A6")), {province.dahu.code})
    assert [(one.row.number, one.unit.name, one.row.name) for one in plan.rows] == [
        (4, "大湖派出所", "张三"),
        (5, "大湖派出所", "李四"),
    ]
    assert [(one.number, one.column) for one in plan.refused] == [(6, "date")]


def test_what_is_no_sheet_is_no_roster() -> None:
    with pytest.raises(UnreadableError):
        text_of(b"%PDF-1.7 ...", "roster.xlsx")
