"""An import is whole or nothing, repeatable, and undone to the byte while nothing newer has touched it."""

import gc
from collections.abc import Callable, Sized

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from directory import importing, indexing
from directory.actions import add_contact, add_unit
from directory.importing import Giver, ImportStateError, PlanChangedError, SomeRefusedError
from directory.imports import ImportRecord, ImportState
from directory.indexing import refresh_lookup_terms
from directory.lookup import find
from directory.models import Contact, ContactRole, ContactState, LookupTerm, Unit, UnitAncestor, UnitKind
from directory.sheets.gathering import gather_subtree
from directory.sheets.writing import write_csv
from directory.undoing import TouchedSinceError, undo
from tests.conftest import in_utc
from tests.factories import Province, make_officer
from tests.sheets import csv_of
from tests.statements import number_asked

AT = in_utc("2016-01-04 09:00")
HEADER = ["机构代码", "单位名称", "上级单位代码", "地址", "联系人", "联系电话", "电子邮箱"]
TABLE = csv_of(
    [
        HEADER,
        ["220202530000", "通江派出所", "220202000000", "通江路1号", "张三", "80001234转801", "zhang@ga.example"],
        ["220202510000", "站前派出所", "220204000000", "站前街2号", "站前派出所desk", "80001235", "new@ga.example"],
        ["220202520000", "新地号东派出所", "220202000000", "新地号街3号", "李四", "13900001111", ""],
        ["220681000000", "临江市户政大厅", "220600000000", "", "", "", ""],
    ]
)
ANSWERS = {"table!3:moved": "move", "table!4:renamed": "rename"}


def table_of(session: Session) -> bytes:
    session.flush()
    return write_csv(gather_subtree(session, None))


def planned(session: Session, content: bytes = TABLE) -> ImportRecord:
    record = importing.receive(session, content, "table", Giver("吴示例"), AT)
    importing.draw_up(session, record)
    importing.answer(session, record, ANSWERS)
    return record


def applied(session: Session, content: bytes = TABLE) -> ImportRecord:
    record = planned(session, content)
    importing.apply(session, record, "吴示例", AT)
    return record


def terms(session: Session) -> list[tuple[str, int, str]]:
    listed = select(LookupTerm.term, LookupTerm.weight, LookupTerm.unit_code)
    return sorted((term, weight, code) for term, weight, code in session.execute(listed))


def ancestors(session: Session) -> set[tuple[str, str, int]]:
    listed = select(UnitAncestor.unit_code, UnitAncestor.ancestor_code, UnitAncestor.distance)
    return {(unit, above, distance) for unit, above, distance in session.execute(listed)}


def test_what_was_applied_is_found_and_stands_in_the_chain(session: Session, province: Province) -> None:
    record = applied(session)
    assert record.counts == {"rows": 4, "new": 2, "changed": 1, "same": 1, "refused": 0, "asked": 0, "skipped": 0}
    assert find(session, "tongjiang", 5)[0].unit_code == "220202530000"
    assert find(session, ["zhang", "ga.example"][0], 5) is not None
    assert find(session, "新地号东", 5)[0].unit_code == "220202520000"
    assert ("220202510000", "220204000000", 1) in ancestors(session)
    assert ("220202530000", "220000000000", 3) in ancestors(session)


def test_another_address_is_unconfirmed_again(session: Session, province: Province) -> None:
    applied(session)
    contact = session.scalars(select(Contact).where(Contact.email == "new@ga.example")).one()
    assert (contact.state, contact.verified_at) == (ContactState.UNCONFIRMED, None)


def test_the_file_is_kept_as_it_was(session: Session, province: Province) -> None:
    record = applied(session)
    session.expire_all()
    assert record.content == TABLE
    assert len(record.sha256) == 64


def test_undoing_brings_everything_back_to_the_byte(session: Session, province: Province) -> None:
    before, found, chain = table_of(session), terms(session), ancestors(session)
    contacts = session.scalar(select(func.count()).select_from(Contact))
    record = applied(session)
    assert table_of(session) != before
    undo(session, record, "吴示例", AT)
    assert table_of(session) == before
    assert terms(session) == found
    assert ancestors(session) == chain
    assert session.scalar(select(func.count()).select_from(Contact)) == contacts
    restored = session.scalars(select(Contact).where(Contact.email == "zhanqian.desk@ga.example")).one()
    assert restored.state is ContactState.CONFIRMED
    assert restored.verified_at is not None


def test_what_was_undone_can_be_given_in_again(session: Session, province: Province) -> None:
    record = applied(session)
    first = table_of(session)
    undo(session, record, "吴示例", AT)
    applied(session)
    assert table_of(session) == first


def _edit_contact(session: Session, province: Province) -> None:
    session.scalars(select(Contact).where(Contact.name == "李四")).one().post = "所长"


def _confirm_contact(session: Session, province: Province) -> None:
    session.scalars(select(Contact).where(Contact.email == "new@ga.example")).one().state = ContactState.CONFIRMED


def _edit_unit(session: Session, province: Province) -> None:
    province.zhanqian.address = "别处"


def _add_contact(session: Session, province: Province) -> None:
    add_contact(session, Contact(unit_code="220202530000", role=ContactRole.DESK, name="新人"))


def _add_unit_below(session: Session, province: Province) -> None:
    below = Unit(
        code="220202530001", name="分所", kind=UnitKind.STATION, parent_code="220202530000", locality_code="220202"
    )
    add_unit(session, below)


def _add_officer(session: Session, province: Province) -> None:
    make_officer(session, session.get_one(Unit, "220202530000"), "tongjiang")


@pytest.mark.parametrize(
    "newer", [_edit_contact, _confirm_contact, _edit_unit, _add_contact, _add_unit_below, _add_officer]
)
def test_what_something_newer_has_touched_is_not_undone(
    session: Session, province: Province, newer: Callable[[Session, Province], None]
) -> None:
    record = applied(session)
    newer(session, province)
    after = table_of(session)
    session.commit()
    with pytest.raises(TouchedSinceError):
        undo(session, record, "吴示例", AT)
    session.rollback()
    assert table_of(session) == after
    assert record.state is ImportState.APPLIED


def test_what_does_not_concern_it_may_change_in_between(session: Session, province: Province) -> None:
    record = applied(session)
    province.dahu.address = "大湖街1号"
    undo(session, record, "吴示例", AT)
    assert province.dahu.address == "大湖街1号"


@pytest.mark.parametrize("nth", range(1, 16, 2))
def test_a_crash_in_the_middle_leaves_nothing(session: Session, province: Province, nth: int) -> None:
    """The connection breaks at the nth statement that writes: after it everything is as before."""
    before, found = table_of(session), terms(session)
    record = planned(session)
    session.commit()
    written = 0

    def crash(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        nonlocal written
        written += statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        if written == nth:
            raise ConnectionError

    event.listen(session.get_bind(), "before_cursor_execute", crash)
    try:
        with pytest.raises(ConnectionError):
            importing.apply(session, record, "吴示例", AT)
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", crash)
        session.rollback()
    session.expire_all()
    assert table_of(session) == before
    assert terms(session) == found
    assert record.state is ImportState.PLANNED


def test_a_plan_that_is_out_of_date_is_not_applied(session: Session, province: Province) -> None:
    record = planned(session)
    province.zhanqian.address = "站前街9号"
    with pytest.raises(PlanChangedError):
        importing.apply(session, record, "吴示例", AT)


def test_refused_rows_stop_all_of_it_unless_they_are_left_out(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", "单位名称", "联系人"], ["22", "坏", "张三"], ["220202510000", "站前派出所", "李四"]])
    record = planned(session, content)
    before = table_of(session)
    with pytest.raises(SomeRefusedError):
        importing.apply(session, record, "吴示例", AT)
    assert table_of(session) == before
    importing.apply(session, record, "吴示例", AT, skip_refused=True)
    assert "李四" in table_of(session).decode()


def test_an_import_is_applied_once_and_undone_once(session: Session, province: Province) -> None:
    record = applied(session)
    with pytest.raises(ImportStateError):
        importing.apply(session, record, "吴示例", AT)
    undo(session, record, "吴示例", AT)
    with pytest.raises(ImportStateError):
        undo(session, record, "吴示例", AT)


def test_a_division_that_the_database_lacks_comes_from_the_list(session: Session, province: Province) -> None:
    content = csv_of([HEADER[:3], ["220211000000", "丰满区户政大厅", "220200000000"]])
    applied(session, content)
    unit = session.get_one(Unit, "220211000000")
    assert (unit.locality.name, unit.in_service_from) == ("丰满区", AT.date())


# --- cost ------------------------------------------------------------------------------------------------------------


def stations(number: int, first: int = 0, street: str = "一街") -> bytes:
    """So many stations of one hall, each with a person, an address and a number."""
    lines = (
        [f"220202{each:05}X", f"第{each}号派出所", "220202000000", f"{street}{each}号", f"窗口{each}",
         f"8{len(street)}{each:06}", f"desk{len(street)}.{each}@ga.example"]
        for each in range(first, first + number)
    )  # fmt: skip
    return csv_of([HEADER, *lines])


def test_new_units_cost_statements_by_the_thousand_not_by_the_line(session: Session, province: Province) -> None:
    few = number_asked(session, lambda: applied(session, stations(3, first=500)))
    many = number_asked(session, lambda: applied(session, stations(90)))
    assert many <= few
    assert session.scalar(select(func.count()).select_from(Unit).where(Unit.name.like("第%号派出所"))) == 93


def test_changed_units_cost_statements_by_the_thousand_not_by_the_line(session: Session, province: Province) -> None:
    applied(session, stations(90))
    few = number_asked(session, lambda: applied(session, stations(3, street="解放大街")))
    session.expire_all()
    record: list[ImportRecord] = []
    many = number_asked(session, lambda: record.append(applied(session, stations(90, street="解放大道路"))))
    assert record[0].counts["changed"] == 90
    assert many <= few


def test_undoing_costs_statements_by_the_thousand_too(session: Session, province: Province) -> None:
    applied(session, stations(90))
    few, many = applied(session, stations(3, 90)), applied(session, stations(80, street="解放大街"))
    assert number_asked(session, lambda: undo(session, many, "吴示例", AT)) <= 5 + number_asked(
        session, lambda: undo(session, few, "吴示例", AT)
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_statement_has_a_value_for_each_line_on_postgresql(session: Session, province: Province) -> None:
    """The driver takes longer over thousands of values than the server does over the rows."""
    most: list[int] = [0]

    def count(_connection: object, _cursor: object, _sql: str, values: Sized, _context: object, many: bool) -> None:
        most[0] = max(most[0], 0 if many else len(values))

    event.listen(session.get_bind(), "before_cursor_execute", count)
    try:
        applied(session, stations(90))
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", count)
    assert most[0] < 50


def test_the_collector_is_at_work_again_whatever_came_of_an_import(session: Session, province: Province) -> None:
    record = planned(session)
    province.zhanqian.address = "站前街9号"
    with pytest.raises(PlanChangedError):
        importing.apply(session, record, "吴示例", AT)
    assert gc.isenabled()
    importing.draw_up(session, record)
    importing.apply(session, record, "吴示例", AT)
    assert gc.isenabled()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_keeps_more_in_memory_while_it_writes_many_terms_and_less_afterwards(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    def room() -> int:
        return int(session.connection().exec_driver_sql("PRAGMA cache_size").scalar_one())

    monkeypatch.setattr(indexing, "UNITS_AT_A_TIME", 3)
    before, meanwhile = room(), []
    refresh_lookup_terms(session, ["220202000000"], lambda _share: meanwhile.append(room()))
    refresh_lookup_terms(session, session.scalars(select(Unit.code)), lambda _share: meanwhile.append(room()))
    assert meanwhile == [before] + [indexing.ROOM] * 4
    assert room() == before
    with pytest.raises(KeyError):
        refresh_lookup_terms(session, session.scalars(select(Unit.code)), lambda _share: {}["a fault"])
    assert room() == before
