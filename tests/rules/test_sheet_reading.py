"""Bytes to rows: every kind of file, and what is refused before it does harm."""

import contextlib
import io
import random
import zipfile

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from directory.sheets import reading, workbook
from directory.sheets.grid import Fault, UnreadableError, column_name, shown
from directory.sheets.plain_text import guarded, read_text
from directory.sheets.reading import read_sheets
from tests.sheets import csv_of, xls_of, xlsx_of, xlsx_with_formula

TABLE = [["单位名称", "联系电话"], ["站前派出所", "0432-80001234"], ["新地号派出所", "0432-80001235"]]


def cells(content: bytes) -> list[tuple[str, ...]]:
    (sheet,) = read_sheets(content, "table")
    return [row.cells for row in sheet.rows]


def fault(content: bytes) -> Fault:
    with pytest.raises(UnreadableError) as refused:
        read_sheets(content, "table")
    return refused.value.fault


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", ["\t", ",", ";", "|", "    ", "，"])
def test_text_is_read_in_every_encoding_with_every_separator(encoding: str, separator: str) -> None:
    read = cells(csv_of(TABLE, separator=separator, encoding=encoding))
    assert [tuple(filter(None, line)) for line in read] == [tuple(line) for line in TABLE]


def test_a_workbook_of_either_kind_is_read() -> None:
    assert cells(xlsx_of(TABLE)) == cells(xls_of(TABLE)) == [tuple(line) for line in TABLE]


def test_rows_keep_their_numbers_over_blank_lines() -> None:
    (sheet,) = read_sheets(xlsx_of([["标题"], [], *TABLE]), "")
    assert [row.number for row in sheet.rows] == [1, 3, 4, 5]
    (sheet,) = read_sheets(csv_of([["标题"], [""], *TABLE]), "")
    assert [row.number for row in sheet.rows] == [1, 3, 4, 5]


def test_merged_cells_hold_for_every_line_they_cover() -> None:
    lines = [["区县", "单位"], ["昌邑区", "甲"], ["", "乙"], ["船营区", "丙"]]
    for content in (xlsx_of(lines, "A2:A3"), xls_of(lines, (1, 2, 0, 0))):
        (sheet,) = read_sheets(content, "")
        assert [row.cell(0) for row in sheet.rows] == ["区县", "昌邑区", "昌邑区", "船营区"]
        assert [sorted(row.carried) for row in sheet.rows] == [[], [], [0], []]


def test_numbers_are_whole_and_formulas_are_their_values() -> None:
    assert cells(xlsx_of([["a", 43180001234.0, 1.5]])) == [("a", "43180001234", "1.5")]
    assert cells(xlsx_with_formula([["a", "b"]], "C1", '="0431"&"-80001234"', "0431-80001234"))[0][2] == "0431-80001234"


def test_every_visible_sheet_is_read() -> None:
    assert [sheet.name for sheet in read_sheets(xlsx_of(TABLE, name="甲", 乙=TABLE, 空=[]), "")] == ["甲", "乙"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Fault.EMPTY),
        (b" \r\n \n", Fault.EMPTY),
        (b"%PDF-1.7 ...", Fault.NOT_A_SHEET),
        (b"\x89PNG\r\n\x1a\n", Fault.NOT_A_SHEET),
        (b"SQLite format 3\x00\x01\x02", Fault.NOT_A_SHEET),
        (b"<html><table><tr><td>x</td></tr></table></html>", Fault.WEB_PAGE),
        (b'<?xml version="1.0"?><Workbook/>', Fault.WEB_PAGE),
        (b"PK\x03\x04 cut off", Fault.DAMAGED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, Fault.DAMAGED),
        (b"\xff\xff\x81 \x30\x81", Fault.ENCODING),
    ],
)
def test_what_is_no_sheet_is_refused_with_the_reason(content: bytes, expected: Fault) -> None:
    assert fault(content) is expected


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert fault(file.getvalue()) is Fault.NOT_A_SHEET


def test_a_password_is_told() -> None:
    file = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx_of(TABLE))).encrypt("geheim", file)
    assert fault(file.getvalue()) is Fault.PASSWORD


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The workbook with one part of its archive replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, data if part.filename == name else old.read(part))
    return file.getvalue()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return with_part(xlsx_of(TABLE), "xl/theme/theme1.xml", bytes(workbook.MOST_UNPACKED + 1))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(bomb: bytes) -> None:
    assert len(bomb) < 1_000_000
    assert fault(bomb) is Fault.TOO_LARGE


def test_a_zip_bomb_that_lies_about_its_size_is_refused(bomb: bytes) -> None:
    size = (workbook.MOST_UNPACKED + 1).to_bytes(4, "little")
    assert bomb.count(size) >= 2
    assert fault(bomb.replace(size, (1000).to_bytes(4, "little"))) in {Fault.TOO_LARGE, Fault.DAMAGED}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("XFD9", Fault.TOO_LARGE),
        ("IW1", Fault.TOO_LARGE),
        ("A1048576", Fault.TOO_MANY_ROWS),
        ("B800000", Fault.TOO_MANY_ROWS),
    ],
)
def test_a_cell_far_out_does_not_make_a_sheet_of_billions(place: str, expected: Fault) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_of(TABLE))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", f'<row><c r="{place}"><v>1</v></c></row></sheetData>'.encode())
    assert far != sheet
    assert fault(with_part(xlsx_of(TABLE), "xl/worksheets/sheet1.xml", far)) is expected


def test_a_row_far_out_is_refused_however_its_place_is_quoted() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_of(TABLE))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b"<row r='1048576'></row></sheetData>")
    assert fault(with_part(xlsx_of(TABLE), "xl/worksheets/sheet1.xml", far)) is Fault.TOO_MANY_ROWS


def test_a_table_that_begins_far_from_the_corner_keeps_its_places() -> None:
    (sheet,) = read_sheets(xlsx_of([[], [], ["", "", "单位名称", "联系电话"], ["", "", "站前派出所", "80001234"]]), "")
    assert [(row.number, row.filled) for row in sheet.rows] == [(3, [2, 3]), (4, [2, 3])]


def test_too_many_rows_are_refused() -> None:
    assert fault(csv_of(["甲", "乙"] for _ in range(reading.MOST_ROWS + 1))) is Fault.TOO_MANY_ROWS


def read_or_refused(content: bytes) -> bool:
    """Whether a file is read or refused with a reason: anything else is raised."""
    with contextlib.suppress(UnreadableError):
        read_sheets(content, "")
    return True


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_reason(content: bytes) -> None:
    assert read_or_refused(content)


@hypothesis.settings(max_examples=40)
@given(st.integers(min_value=0, max_value=5600), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_refused_with_a_reason(at: int, noise: bytes) -> None:
    for content in (WORKBOOK, OLD_WORKBOOK):
        assert read_or_refused(content[:at] + noise + content[at + len(noise) :])


def test_a_workbook_that_states_monstrous_lengths_does_not_end_the_portal() -> None:
    """The library asks for the memory that the file names, or panics: in a process that is not ours."""
    dice = random.Random(1)
    for _ in range(60):
        at = dice.randrange(40, 80)
        assert read_or_refused(OLD_WORKBOOK[:at] + dice.randbytes(8) + OLD_WORKBOOK[at + 8 :])


WORKBOOK, OLD_WORKBOOK = xlsx_of(TABLE), xls_of(TABLE)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_a_guarded_text_is_no_formula_and_reads_as_it_was(text: str) -> None:
    written = guarded(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    line = '"' + written.replace('"', '""') + '",x'
    (_header, read) = read_text(f"y,z\n{line}\n".encode(), "").rows
    assert read.cells[0] == shown(text)


def test_the_way_a_spreadsheet_keeps_text_from_being_a_number_is_read() -> None:
    assert cells(b'a,b\n"=""0431""",x\n')[1] == ("0431", "x")


def test_columns_have_letters() -> None:
    assert [column_name(number) for number in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
