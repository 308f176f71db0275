"""Sheets as they really arrive: every cell is read, kept as a remark, or refused with row, column and reason."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session

from directory import importing
from directory.importing import Giver
from directory.imports import ImportRecord
from directory.names import normalise
from directory.sheets.gathering import gather_subtree
from directory.sheets.grid import Sheet, column_name
from directory.sheets.plan import Asked, Line, Outcome, Plan, Question, Reason
from directory.sheets.reading import read_sheets
from directory.sheets.writing import write_csv
from tests.conftest import in_utc
from tests.factories import Province
from tests.sheets import csv_of, xls_of, xlsx_of, xlsx_with_formula

AT = in_utc("2016-01-04 09:00")
CHANGYI, ZHANQIAN, XINDIHAO, LINJIANG = "220202000000", "220202510000", "220202520000", "220681000000"
HEADER = ["单位名称", "联系人", "联系电话"]


def given_in(session: Session, content: bytes, under: str | None = None, **answers: str) -> tuple[ImportRecord, Plan]:
    """The file, planned; `answers` are by the kind of question."""
    record = importing.receive(session, content, "table", Giver("吴示例"), AT, under)
    made = importing.draw_up(session, record)
    while answers and (asked := [line.question for line in made.lines if line.question]):
        chosen = {question.key: answers[question.kind] for question in asked if question.kind in answers}
        if not chosen.keys() - record.answers.keys():
            break
        made = importing.answer(session, record, {**record.answers, **chosen})
    return record, made


def applied(session: Session, content: bytes, under: str | None = None, **answers: str) -> Plan:
    record, made = given_in(session, content, under, **answers)
    importing.apply(session, record, "吴示例", AT, skip_refused=True, made=made)
    assert sum(made.counts.values()) == len(made.lines)
    assert_nothing_lost(session, content, made)
    assert_again_changes_nothing(session, content, under, **answers)
    return made


def assert_nothing_lost(session: Session, content: bytes, made: Plan) -> None:
    """Every run of digits and every word of a line that was taken is in the table as it is now."""
    table = write_csv(gather_subtree(session, None)).decode()
    taken = {(line.sheet, line.row): line for line in made.lines if not (line.reason or line.question)}
    lost = [
        f"{column_name(place)}{row.number}: {text}"
        for sheet in read_sheets(content, "table")
        for row in sheet.rows
        if (line := taken.get((sheet.name, row.number))) is not None
        for place, text in enumerate(row.cells)
        if text not in {"无", "/"} and not is_serial(sheet, place)
        if not (normalise(line.name) in normalise(text) or is_within(text, table))
    ]
    assert not lost


def is_serial(sheet: Sheet, place: int) -> bool:
    return any(row.cell(place) == "序号" for row in sheet.rows)


def is_within(text: str, table: str) -> bool:
    digits, words = re.sub(r"\D", "", table), normalise(table)
    runs = re.findall("[0-9]{3,}", text)
    said = re.findall("[一-龥]{2,}", re.sub("转|分机|派出所", " ", text))
    return all(run in digits for run in runs) and all(normalise(word) in words for word in said)


def assert_again_changes_nothing(session: Session, content: bytes, under: str | None, **answers: str) -> None:
    before = write_csv(gather_subtree(session, None))
    record, made = given_in(session, content, under, **answers)
    assert not made.counts[Outcome.NEW] + made.counts[Outcome.CHANGED], [
        line for line in made.lines if line.outcome in {Outcome.NEW, Outcome.CHANGED}
    ]
    importing.apply(session, record, "吴示例", AT, skip_refused=True, made=made)
    assert write_csv(gather_subtree(session, None)) == before


def outcomes(made: Plan) -> list[tuple[int, str]]:
    return [(line.row, str(line.outcome)) for line in made.lines]


def phones_of(session: Session, code: str, name: str) -> str:
    contacts = gather_subtree(session, None).contacts[code]
    return "、".join(str(phone) for contact in contacts if contact.name == name for phone in contact.phones)


def only(made: Plan) -> Line:
    (line,) = made.lines
    return line


def asked(line: Line) -> Question:
    assert line.question is not None
    return line.question


# --- the layout ---------------------------------------------------------------------------------------------------------


def test_titles_numbers_blank_lines_and_feet_are_no_rows(session: Session, province: Province) -> None:
    content = xlsx_of(
        [
            ["吉林市公安局昌邑区派出所联系方式统计表", "", "", ""],
            ["填报日期：2016年1月4日", "", "", ""],
            ["序号", *HEADER],
            [1, "站前派出所", "张三", "80001234"],
            ["", "", "", ""],
            [2, "新地号派出所", "李四", "80001235"],
            ["合计", "2个", "", ""],
            ["填表人：王五", "", "审核人：赵六", ""],
        ],
        "A1:D1",
    )
    assert outcomes(applied(session, content)) == [(4, "new"), (6, "new")]
    assert phones_of(session, ZHANQIAN, "张三") == "0432-80001234"


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_merged_district_tells_where_a_station_is(session: Session, province: Province, kind: str) -> None:
    lines = [
        ["区县", *HEADER],
        ["昌邑区", "站前派出所", "张三", "80001234"],
        ["", "新地号派出所", "李四", "80001235"],
        ["临江市", "建国派出所", "王五", "3220001"],
    ]
    content = xlsx_of(lines, "A2:A3") if kind == "xlsx" else xls_of(lines, (1, 2, 0, 0))
    assert applied(session, content).counts[Outcome.NEW] == 3
    assert phones_of(session, "220681510000", "王五") == "0439-3220001"


def test_a_district_may_be_written_with_all_above_it_and_a_hall_by_its_district(
    session: Session, province: Province
) -> None:
    lines = [
        ["地区", *HEADER],
        ["吉林市昌邑区", "昌邑区户政大厅", "张三", "80001234"],
        ["吉林市昌邑区", "站前派出所", "李四", "80001235"],
        ["吉林省白山市临江市", "大湖派出所", "王五", "3220001"],
        ["吉林省白山市临江市", "临江市办证大厅", "赵六", "3220002"],
    ]
    _record, plan = given_in(session, xlsx_of(lines))
    assert [line.unit for line in plan.lines] == ["220202000000", ZHANQIAN, "220681520000", "220681000000"]


@pytest.mark.parametrize(("name", "meant"), [("站前派出", ZHANQIAN), ("中心户政大厅", "220202000000")])
def test_a_name_cut_off_and_a_hall_below_a_hall_are_asked_for(
    session: Session, province: Province, name: str, meant: str
) -> None:
    _record, plan = given_in(session, xlsx_of([["区县", *HEADER], ["昌邑区", name, "张三", "80001234"]]))
    assert plan.lines[0].outcome is Outcome.ASKED
    assert asked(plan.lines[0]).candidates[0].value == meant


def test_a_district_that_is_blank_below_its_first_line_holds_for_those_below(
    session: Session, province: Province
) -> None:
    content = csv_of(
        [["区县", *HEADER], ["昌邑区", "站前派出所", "张三", "80001234"], ["", "新地号派出所", "李四", "80001235"]]
    )
    assert [line.unit for line in applied(session, content).lines] == [ZHANQIAN, XINDIHAO]


def test_headings_as_rows_and_headers_that_come_again(session: Session, province: Province) -> None:
    content = xlsx_of(
        [
            HEADER,
            ["一、昌邑区（2个）", "", ""],
            ["站前派出所", "张三", "80001234"],
            ["新地号派出所", "李四", "80001235"],
            ["二、临江市（1个）", "", ""],
            HEADER,
            ["建国派出所", "王五", "3220001"],
        ]
    )
    made = applied(session, content)
    assert [(line.row, line.unit) for line in made.lines] == [(3, ZHANQIAN), (4, XINDIHAO), (7, "220681510000")]


def test_a_record_over_several_lines_is_one(session: Session, province: Province) -> None:
    content = xlsx_of(
        [
            HEADER,
            ["站前派出所", "张三", "80001234"],
            ["", "", "13900001111"],
            ["", "李四", "80001235"],
        ],
        "A2:A4",
        "B2:B3",
    )
    assert outcomes(applied(session, content)) == [(2, "new"), (4, "new")]
    assert phones_of(session, ZHANQIAN, "张三") == "0432-80001234、13900001111"


def test_a_header_in_two_lines(session: Session, province: Province) -> None:
    content = xlsx_of(
        [
            ["单位", "负责人", "", "户籍内勤", ""],
            ["", "姓名", "电话", "姓名", "电话"],
            ["站前派出所", "张三", "80001234", "李四", "80001235"],
        ],
        "A1:A2",
        "B1:C1",
        "D1:E1",
    )
    line = only(applied(session, content))
    assert {change.after for change in line.changes if change.field == "role"} == {"leader", "registrar"}
    assert phones_of(session, ZHANQIAN, "李四") == "0432-80001235"


def test_each_column_of_people_is_a_contact_of_its_own(session: Session, province: Province) -> None:
    content = csv_of(
        [
            ["派出所名称", "值班电话", "所长", "所长手机", "户籍内勤", "内勤电话"],
            ["站前派出所", "80001230", "张三", "13900001111", "李四", "80001232"],
        ]
    )
    line = only(applied(session, content))
    assert {change.after for change in line.changes if change.field == "person"} == {"张三", "李四"}
    assert phones_of(session, ZHANQIAN, "张三") == "13900001111"
    assert phones_of(session, ZHANQIAN, "站前派出所desk") == "0432-80001230"


def test_several_sheets_and_one_without_a_header(session: Session, province: Province) -> None:
    content = xlsx_of(
        [HEADER, ["站前派出所", "张三", "80001234"]],
        name="昌邑区",
        临江市=[HEADER, ["建国派出所", "王五", "3220001"]],
        说明=[["本表每季度更新一次"]],
    )
    made = applied(session, content)
    assert [(line.sheet, line.row, line.unit) for line in made.lines] == [
        ("昌邑区", 2, ZHANQIAN),
        ("临江市", 2, "220681510000"),
    ]
    assert made.unread == ["说明"]


def test_two_tables_in_one_sheet_each_with_its_own_title(session: Session, province: Province) -> None:
    content = xlsx_of(
        [
            ["附件1：临江市户政联系方式"],
            HEADER,
            ["建国派出所", "王五", "3220001"],
            [],
            ["附件2：昌邑区"],
            ["单位名称", "手机", "负责人"],
            ["站前派出所", "13812345678", "张三"],
            ["昌邑区户政大厅", "13812345679", "李四"],
        ]
    )
    made = applied(session, content)
    assert [line.unit for line in made.lines] == ["220681510000", ZHANQIAN, CHANGYI]


def test_the_name_of_an_authority_tells_more_than_the_title_of_the_sheet(session: Session, province: Province) -> None:
    table = [["临江市户政联系方式统计表"], HEADER, ["昌邑区户政大厅", "张三", "80001234"]]
    assert only(applied(session, xlsx_of(table))).unit == CHANGYI


def test_of_a_unit_and_a_name_the_name_is_a_persons(session: Session, province: Province) -> None:
    applied(session, csv_of([["Unit", "Name", "Phone"], ["站前派出所", "Zhang San", "80001234"]]))
    assert phones_of(session, ZHANQIAN, "Zhang San") == "0432-80001234"


def test_a_column_that_comes_again_is_kept_as_a_remark(session: Session, province: Province) -> None:
    table = [["单位名称", "单位名称", "联系人", "联系电话"], ["站前派出所", "站前所驻站警务室", "张三", "80001234"]]
    assert only(applied(session, csv_of(table))).unit == ZHANQIAN


# --- what stands in the cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("80001234、80001235转8012/13900001111（夜间）", "0432-80001234、0432-80001235转8012、13900001111（夜间）"),
        (43280001234.0, "0432-80001234"),
        ("０４３２—８０００１２３４　", "0432-80001234"),
        ("80001234；110", "0432-80001234、110"),
        ("8000-111", "0432-8000111"),
        ("0432-8000-111", "0432-8000111"),
        ("800\u200b01234\u202c", "0432-80001234"),
    ],
)
def test_phones_as_they_are_printed(session: Session, province: Province, cell: Any, phones: str) -> None:
    applied(session, xlsx_of([["机构代码", *HEADER], [ZHANQIAN, "站前派出所", "张三", cell]]))
    assert phones_of(session, ZHANQIAN, "张三") == phones


def test_what_cannot_be_seen_is_no_part_of_a_name(session: Session, province: Province) -> None:
    applied(session, csv_of([HEADER, ["\u200b站前派出所", "\u202e张\x07三\ufeff", "80001234"]]))
    assert phones_of(session, ZHANQIAN, "张三") == "0432-80001234"


@pytest.mark.parametrize(
    ("title", "number"),
    [("备注", "11010519491231002X"), ("身份证号", "220202198001010000"), ("电话", "１１０１０５１９４９１２３１００２ｘ")],
)
def test_a_citizens_identity_number_is_refused_and_never_kept(
    session: Session, province: Province, title: str, number: str
) -> None:
    line = only(given_in(session, csv_of([["单位名称", "联系人", title], ["站前派出所", "张三", number]]))[1])
    assert (line.outcome, line.reason, line.column) == (Outcome.REFUSED, Reason.IDENTITY_NUMBER, 2)


def test_numbers_that_are_no_citizens_are_no_reason_to_refuse(session: Session, province: Province) -> None:
    cells = "0432-80001234、13900001111；110105194912310021"
    assert only(applied(session, csv_of([[*HEADER, "备注"], ["站前派出所", "张三", "80001234", cells]]))).reason is None


def test_what_cannot_be_read_stays_as_a_remark(session: Session, province: Province) -> None:
    content = csv_of(
        [
            ["单位名称", "邮编", "联系人", "角色", "联系电话", "电子邮箱", "传真", "备注"],
            ["新地号派出所", "132001", "张三", "司机", "80001234 打不通找老李", "zhang#ga", "80001299", "周一休息"],
        ]
    )
    applied(session, content)
    directory = gather_subtree(session, None)
    contact = next(one for one in directory.contacts[XINDIHAO] if one.name == "张三")
    assert "周一休息" in contact.remark
    assert "司机" in contact.remark
    assert "zhang#ga" in contact.remark
    assert directory.units[XINDIHAO].remark == "邮编：132001"
    assert [phone.remark for phone in contact.phones] == ["打不通找老李", "传真"]


def test_a_cell_that_says_nothing_changes_nothing(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", "联系人", "职务", "电子邮箱"], [ZHANQIAN, "站前派出所desk", "无", "/"]])
    assert only(applied(session, content)).outcome is Outcome.SAME


def test_names_are_the_same_whatever_the_blanks_and_the_width(session: Session, province: Province) -> None:
    first = csv_of([["机构代码", *HEADER], [ZHANQIAN, "站前派出所", "张三", "80001234"]])
    applied(session, first)
    again = csv_of([["机构代码", *HEADER], [ZHANQIAN, "站前派出所 ", "张　三", "０４３２－８０００１２３４"]])
    assert only(given_in(session, again)[1]).outcome is Outcome.SAME


def test_a_formula_counts_as_its_value(session: Session, province: Province) -> None:
    lines = [["机构代码", *HEADER], [ZHANQIAN, "站前派出所", "张三", ""]]
    applied(session, xlsx_with_formula(lines, "D2", '="80001234"', "80001234"))
    assert phones_of(session, ZHANQIAN, "张三") == "0432-80001234"


def test_the_error_of_a_formula_is_no_value(session: Session, province: Province) -> None:
    """In a workbook such a cell is empty; in a text it is refused."""
    lines = [["机构代码", *HEADER], [ZHANQIAN, "站前派出所", "张三", "80001234"]]
    applied(session, xlsx_of(lines))
    assert only(given_in(session, xlsx_with_formula(lines, "D2", "=1/0", "#DIV/0!"))[1]).outcome is Outcome.SAME
    line = only(given_in(session, csv_of([lines[0], [ZHANQIAN, "站前派出所", "#REF!", "80001234"]]))[1])
    assert (line.reason, line.column) == (Reason.FORMULA_ERROR, 2)


# --- which unit ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["站前派出所", "站前", "昌邑区站前派出所", "吉林市昌邑区站前派出所"])
def test_a_unit_is_found_by_what_it_is_called(session: Session, province: Province, name: str) -> None:
    content = csv_of([["区县", *HEADER], ["昌邑区", name, "张三", "80001234"]])
    assert only(applied(session, content)).unit == ZHANQIAN


def test_a_unit_is_found_by_its_former_name_and_keeps_its_own(session: Session, province: Province) -> None:
    province.zhanqian.former_names = "车站派出所"
    line = only(applied(session, csv_of([HEADER, ["车站派出所", "张三", "80001234"]])))
    assert (line.unit, line.name) == (ZHANQIAN, "站前派出所")


def test_an_unknown_name_is_new_with_a_provisional_code_where_its_place_is_told(
    session: Session, province: Province
) -> None:
    made = applied(
        session, csv_of([HEADER, ["通江派出所", "张三", "80001234"], ["莲花派出所", "李四", "80001235"]]), CHANGYI
    )
    assert [line.unit for line in made.lines] == ["220202P00001", "220202P00002"]
    unit = gather_subtree(session, CHANGYI).units["220202P00001"]
    assert (unit.kind, unit.parent_code, unit.locality_code) == ("station", CHANGYI, "220202")


def test_an_unknown_name_without_a_place_is_refused(session: Session, province: Province) -> None:
    line = only(given_in(session, csv_of([HEADER, ["通江派出所", "张三", "80001234"]]))[1])
    assert (line.reason, line.column) == (Reason.UNKNOWN_UNIT, 0)


def test_one_name_in_two_places_is_asked_and_the_answer_is_taken(session: Session, province: Province) -> None:
    province.jianguo.name = "站前派出所"
    content = csv_of([HEADER, ["站前派出所", "张三", "80001234"]])
    question = asked(only(given_in(session, content)[1]))
    assert question.kind is Asked.WHICH_UNIT
    assert {one.code for one in question.candidates if one.code} == {ZHANQIAN, "220681510000"}
    assert only(applied(session, content, which_unit="220681510000")).unit == "220681510000"


def test_a_unit_renamed_is_asked_never_guessed(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", *HEADER], [ZHANQIAN, "火车站派出所", "张三", "80001234"]])
    assert asked(only(given_in(session, content)[1])).kind is Asked.RENAMED
    applied(session, content, renamed="rename")
    unit = gather_subtree(session, None).units[ZHANQIAN]
    assert (unit.name, unit.former_names) == ("火车站派出所", ("站前派出所",))


def test_a_name_one_slip_away_is_asked(session: Session, province: Province) -> None:
    content = csv_of([HEADER, ["新弟号派出所", "张三", "80001234"]])
    question = asked(only(given_in(session, content, CHANGYI)[1]))
    assert question.kind is Asked.RESEMBLES
    assert question.candidates[0].code == XINDIHAO


def test_the_parents_code_on_the_wrong_row_is_refused(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", *HEADER], [CHANGYI, "站前派出所", "张三", "80001234"]])
    line = only(given_in(session, content)[1])
    assert (line.reason, line.column, line.facts["its"]) == (Reason.CODE_OF_OTHER, 0, ZHANQIAN)


def test_another_parent_is_asked(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", "单位名称", "上级单位代码"], [ZHANQIAN, "站前派出所", "220204000000"]])
    assert asked(only(given_in(session, content)[1])).kind is Asked.MOVED
    applied(session, content, moved="move")
    assert gather_subtree(session, "220204000000").units[ZHANQIAN].parent_code == "220204000000"


@pytest.mark.parametrize(
    ("parent", "reason"),
    [(CHANGYI, Reason.OWN_PARENT), (ZHANQIAN, Reason.BELOW_ITSELF), ("999999999999", Reason.UNKNOWN_PARENT)],
)
def test_a_parent_that_cannot_be_is_refused(session: Session, province: Province, parent: str, reason: Reason) -> None:
    content = csv_of([["机构代码", "单位名称", "上级单位代码"], [CHANGYI, "昌邑区户政大厅", parent]])
    line = only(given_in(session, content)[1])
    assert (line.reason, line.column) == (reason, 2)


@pytest.mark.parametrize("code", ["2.20202E+11", "220202", "２２０２０２５１０００", "-"])
def test_a_code_that_is_none_is_refused(session: Session, province: Province, code: str) -> None:
    line = only(given_in(session, csv_of([["机构代码", *HEADER], [code, "站前派出所", "张三", "80001234"]]))[1])
    assert (line.reason, line.column) == (Reason.BAD_CODE, 0)


def test_a_new_unit_may_stand_above_the_one_that_commands_it(session: Session, province: Province) -> None:
    content = csv_of(
        [
            ["机构代码", "单位名称", "上级单位代码", "联系人", "联系电话"],
            ["220211510000", "江南派出所", "220211000000", "张三", "80001234"],
            ["220211000000", "丰满区户政大厅", "220200000000", "李四", "80001235"],
        ]
    )
    assert outcomes(applied(session, content)) == [(2, "new"), (3, "new")]
    assert gather_subtree(session, "220211000000").units["220211510000"].kind == "station"


def test_a_closed_unit_is_refused_with_its_successor(session: Session, province: Province) -> None:
    province.zhanqian.closed_on, province.zhanqian.successor = AT.date(), province.xindihao
    line = only(given_in(session, csv_of([["机构代码", *HEADER], [ZHANQIAN, "站前派出所", "张三", "1"]]))[1])
    assert (line.reason, line.facts["successor"]) == (Reason.CLOSED, "新地号派出所")


# --- twice, and whom ------------------------------------------------------------------------------------------------------


def test_a_row_that_comes_twice_counts_once(session: Session, province: Province) -> None:
    row = [ZHANQIAN, "站前派出所", "张三", "80001234"]
    assert outcomes(applied(session, csv_of([["机构代码", *HEADER], row, row]))) == [(2, "new"), (3, "same")]


def test_rows_that_contradict_one_another_are_refused(session: Session, province: Province) -> None:
    header = ["机构代码", "单位名称", "地址", "联系人"]
    content = csv_of(
        [header, [ZHANQIAN, "站前派出所", "站前街1号", "张三"], [ZHANQIAN, "站前派出所", "站前街2号", "李四"]]
    )
    made = applied(session, content)
    assert outcomes(made) == [(2, "new"), (3, "refused")]
    assert (made.lines[1].reason, made.lines[1].column, made.lines[1].facts["row"]) == (Reason.CONTRADICTS, 2, "2")


def test_the_same_person_with_another_phone_further_down_is_asked(session: Session, province: Province) -> None:
    header = ["机构代码", *HEADER]
    content = csv_of(
        [header, [ZHANQIAN, "站前派出所", "张三", "80001234"], [ZHANQIAN, "站前派出所", "张三", "13900001111"]]
    )
    assert asked(given_in(session, content)[1].lines[1]).kind is Asked.TWICE
    record, made = given_in(session, content, twice="join")
    importing.apply(session, record, "吴示例", AT, made=made)
    assert phones_of(session, ZHANQIAN, "张三") == "0432-80001234、13900001111"


def test_a_contact_is_found_by_mailbox_when_its_name_has_changed(session: Session, province: Province) -> None:
    content = csv_of([["机构代码", "联系人", "电子邮箱"], [ZHANQIAN, "张三", "zhanqian.desk@ga.example"]])
    line = only(applied(session, content))
    assert [(change.field, change.before, change.after) for change in line.changes] == [
        ("person", "站前派出所desk", "张三")
    ]


def test_a_new_number_takes_the_place_of_the_old_and_a_mobile_stays(session: Session, province: Province) -> None:
    header = ["机构代码", *HEADER]
    applied(session, csv_of([header, [ZHANQIAN, "站前派出所", "张三", "80001234、13900001111"]]))
    changed = only(applied(session, csv_of([header, [ZHANQIAN, "站前派出所", "张三", "80009999"]])))
    assert changed.outcome is Outcome.CHANGED
    assert phones_of(session, ZHANQIAN, "张三") == "13900001111、0432-80009999"


def test_a_stewards_table_reaches_no_unit_outside_the_subtree(session: Session, province: Province) -> None:
    content = csv_of(
        [["机构代码", *HEADER], [LINJIANG, "临江市户政大厅", "张三", "1"], [ZHANQIAN, "站前派出所", "李四", "110"]]
    )
    record = importing.receive(session, content, "table", Giver("吴示例", allowed=CHANGYI), AT)
    made = importing.draw_up(session, record)
    assert outcomes(made) == [(2, "refused"), (3, "new")]
    assert made.lines[0].reason is Reason.OUTSIDE


SHEETS: Sequence[bytes] = (
    csv_of([["单位名称", "联系电话"], ["站前派出所"], ["", ""], ["", "80001234"], ["没有的", "x"]]),
    csv_of(
        [
            ["姓名", "单位", "手机"],
            ["张三", "站前派出所", "13900001111"],
            ["李四", "站前派出所", "13900001112", "多出来的"],
        ]
    ),
)


@pytest.mark.parametrize("content", SHEETS)
def test_the_counts_add_up_to_the_rows(session: Session, province: Province, content: bytes) -> None:
    applied(session, content)
