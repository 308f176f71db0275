"""Sheets as offices make them: bytes of .xlsx, .xls and text, from lists of lines."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
import xlwt

Lines = Iterable[Sequence[Any]]


def csv_of(lines: Lines, *, separator: str = ",", encoding: str = "utf-8") -> bytes:
    return "\r\n".join(separator.join(map(str, line)) for line in lines).encode(encoding)


def xlsx_of(lines: Lines, *merged: str, name: str = "Sheet1", **more: Lines) -> bytes:
    """`merged` are ranges such as `A2:A4`, whose text stands in their first cell; `more` are further sheets."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        for title, listed in {name: lines, **more}.items():
            sheet = workbook.add_worksheet(title)
            rows = [list(line) for line in listed]
            for row, line in enumerate(rows):
                sheet.write_row(row, 0, line)
            for place in merged if title == name else ():
                top, left = _cell(place.split(":")[0])
                sheet.merge_range(place, rows[top][left])
    return file.getvalue()


def xlsx_with_formula(lines: Lines, place: str, formula: str, value: Any) -> bytes:
    """A workbook one cell of which is a formula, with the value that the spreadsheet worked out last."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for row, line in enumerate(lines):
            sheet.write_row(row, 0, list(line))
        sheet.write_formula(place, formula, value=value)
    return file.getvalue()


def xls_of(lines: Lines, *merged: tuple[int, int, int, int]) -> bytes:
    """`merged` are (first line, last line, first column, last column), from 0."""
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet("Sheet1")
    rows = [list(line) for line in lines]
    covered = {
        (row, column)
        for top, bottom, left, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            if value not in {"", None} and (row, column) not in covered:
                sheet.write(row, column, value)
    for top, bottom, left, right in merged:
        sheet.write_merge(top, bottom, left, right, rows[top][left])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _cell(place: str) -> tuple[int, int]:
    return int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1, ord(place[0]) - ord("A")
