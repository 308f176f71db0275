"""A program of its own: a workbook on standard input, its visible worksheets as JSON on standard output.

The library that reads workbooks trusts the lengths that they state. A few bytes changed in an .xls make it ask for
hundreds of gigabytes, which ends the process, so the process that this ends is not the portal's. Exit code 3 says that
there is a password.
"""

import json
import resource
import sys
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
    json.dump([_sheet(workbook.get_sheet_by_name(name)) for name in _visible(workbook)], sys.stdout)
    return 0


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [
        listed.name
        for listed in workbook.sheets_metadata
        if listed.typ == SheetTypeEnum.WorkSheet and listed.visible == SheetVisibleEnum.Visible
    ]


def _sheet(sheet: CalamineSheet) -> dict[str, Any]:
    """Its name, its lines from the first on, and its merged cells as ((top, left), (bottom, right))."""
    rows = [[_text(value) for value in line] for line in sheet.to_python(skip_empty_area=False)]
    return {"name": sheet.name, "rows": rows, "merged": sheet.merged_cell_ranges or []}


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
