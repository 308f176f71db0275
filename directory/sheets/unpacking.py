"""A program of its own: a workbook on standard input, its visible worksheets as lines of JSON on standard output.

A worksheet is an object with its name and its merged cells, ((top, left), (bottom, right)); each of its lines, from the
first on, is a list of two: texts that no line above has had, and for each cell the number of its text, as they came. A
table says the same over and over, and whoever reads this keeps each text once.

The library that reads workbooks trusts the lengths that they state. A few bytes changed in an .xls make it ask for
hundreds of gigabytes, which ends the process, so the process that this ends is not the portal's. Exit code 3 says that
there is a password.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MOST_MEMORY = 2 * 1024 * 1024 * 1024
MOST_SECONDS = 60
HAS_PASSWORD = 3


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
    except PasswordError:
        return HAS_PASSWORD
    for name in _visible(workbook):
        for told in _sheet(workbook.get_sheet_by_name(name)):
            sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return 0


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [
        listed.name
        for listed in workbook.sheets_metadata
        if listed.typ == SheetTypeEnum.WorkSheet and listed.visible == SheetVisibleEnum.Visible
    ]


def _sheet(sheet: CalamineSheet) -> Iterator[Any]:
    yield {"name": sheet.name, "merged": sheet.merged_cell_ranges or []}
    numbers: dict[str, int] = {}
    blank = [""] * (sheet.start[1] if sheet.start else 0)
    for line in sheet.iter_rows():
        texts = [value.strip() if type(value) is str else _text(value) for value in (*blank, *line)]
        new = [text for text in dict.fromkeys(texts) if text not in numbers]
        numbers.update(zip(new, range(len(numbers), len(numbers) + len(new)), strict=True))
        yield new, [numbers[text] for text in texts]


def _text(value: Any) -> str:
    """A value as it is read: a whole amount has neither point nor nought after it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time | timedelta | datetime):
        return str(value)
    return "" if value is None else str(value).strip()


if __name__ == "__main__":
    sys.exit(main())
