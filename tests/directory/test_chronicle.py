"""What an import changed is in the history like any other change: who, when, from what to what, by which file."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.importing import Giver, apply, draw_up, receive
from directory.undoing import undo
from directory.upkeep import Change, Deed, Source
from tests.factories import VERIFIED_AT, Province
from tests.sheets import csv_of

AT = VERIFIED_AT + timedelta(days=9)
SHEET = [
    ["机构代码", "单位名称", "联系人", "角色", "联系电话", "地址"],
    ["220202510000", "站前派出所", "张三", "内勤", "0432-80001234转8012（夜间）", "新地址1号"],
]


def test_an_import_is_in_the_history_and_taking_it_back_as_well(session: Session, province: Province) -> None:
    record = receive(session, csv_of(SHEET), "统计表.csv", Giver("通讯录管理员"), AT)
    draw_up(session, record)
    apply(session, record, "通讯录管理员", AT)
    session.flush()
    lines = session.scalars(select(Change).where(Change.source == Source.IMPORT).order_by(Change.id)).all()
    told = {(line.deed, line.field, line.before, line.after) for line in lines}
    assert (Deed.CHANGED, "address", "", "新地址1号") in told
    assert any(line.deed is Deed.ADDED and line.after == "张三" for line in lines)
    assert {(line.unit_code, line.by, line.why) for line in lines} == {
        (province.zhanqian.code, "通讯录管理员", "统计表.csv")
    }
    undo(session, record, "通讯录管理员", AT + timedelta(hours=1))
    session.flush()
    last = session.scalars(select(Change).where(Change.field == "address").order_by(Change.id.desc())).first()
    assert last is not None
    assert (last.before, last.after) == ("新地址1号", "")
