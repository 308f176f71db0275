"""A table of figures as data, and several of them as one .xlsx; no cell is ever a formula."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

MADE_AT = datetime(2016, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"Written into the file, so that the same figures are the same bytes."
RISKY = ("=", "+", "-", "@", "\t", "\r")
SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {"text": 34, "count": 12, "share": 12, "minutes": 14}


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    MINUTES = "minutes"


@dataclass(frozen=True)
class Heading:
    """A column: what it is called, what its cells hold, what it counts."""

    title: str
    kind: Kind = Kind.COUNT
    meaning: str = ""


@dataclass(frozen=True)
class Row:
    """The cells of a line, as they are counted, and the unit to which it leads, if it does."""

    cells: Sequence[Any]
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Lines under headings."""

    name: str
    "in an address: units, procedures …"
    title: str
    head: Sequence[Heading]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())


def write_xlsx(tables: Sequence[Table], title: str) -> bytes:
    """One sheet for each table: its title, the lines, what each column counts."""
    file = BytesIO()
    with Workbook(file, SAFE) as workbook:
        workbook.set_properties({"title": title, "created": MADE_AT})
        formats = _formats(workbook)
        for table in tables:
            sheet = workbook.add_worksheet(_sheet_name(table.title))
            _fill(sheet, table, title, formats)
            _lay_out(sheet, table)
    return file.getvalue()


def _formats(workbook: Workbook) -> dict[str, Any]:
    border = {"border": 1, "border_color": "#BFBFBF"}
    formats = {
        "heading": workbook.add_format({"bold": True, "font_size": 14}),
        "head": workbook.add_format({"bold": True, "bg_color": "#DCE6F2", "border": 1, "text_wrap": True}),
        "text": workbook.add_format({**border, "text_wrap": True}),
        "kept": workbook.add_format({**border, "text_wrap": True}),
        "count": workbook.add_format({**border, "num_format": "#,##0"}),
        "share": workbook.add_format({**border, "num_format": "0.0%"}),
        "minutes": workbook.add_format({**border, "num_format": "0.0"}),
        "note": workbook.add_format({"font_color": "#555555"}),
    }
    formats["kept"].set_quote_prefix()
    return formats


def _fill(sheet: Worksheet, table: Table, title: str, formats: dict[str, Any]) -> None:
    sheet.write_string(0, 0, f"{table.title} · {title}", formats["heading"])
    for place, heading in enumerate(table.head):
        sheet.write_string(1, place, heading.title, formats["head"])
        sheet.set_column(place, place, WIDTHS[heading.kind])
    for line, row in enumerate(table.rows, 2):
        for place, (heading, cell) in enumerate(zip(table.head, row.cells, strict=True)):
            _write(sheet, line, place, heading.kind, cell, formats)
    meanings = [f"{heading.title}: {heading.meaning}" for heading in table.head if heading.meaning]
    for line, note in enumerate([*meanings, *table.notes], len(table.rows) + 3):
        sheet.write_string(line, 0, note, formats["note"])


def _write(sheet: Worksheet, line: int, place: int, kind: Kind, cell: Any, formats: dict[str, Any]) -> None:
    if cell is None:
        sheet.write_string(line, place, "—", formats["text"])
    elif kind is Kind.TEXT:
        sheet.write_string(line, place, str(cell), formats["kept" if str(cell).startswith(RISKY) else "text"])
    else:
        sheet.write_number(line, place, cell / 60 if kind is Kind.MINUTES else cell, formats[kind])


def _lay_out(sheet: Worksheet, table: Table) -> None:
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if table.rows:
        sheet.autofilter(1, 0, len(table.rows) + 1, len(table.head) - 1)


def _sheet_name(title: str) -> str:
    return "".join(" " if character in "[]:*?/\\" else character for character in title)[:31]
