"""The contact table as a file: .xlsx, .csv, .vcf or .pdf, the same bytes for the same directory.

No cell is ever a formula. In .xlsx every cell is written as a string, never parsed, and one that begins like a formula
has the mark with which Excel keeps it text while it is edited. In .csv there are no types, so a cell that begins with
`=`, `+`, `-`, `@`, a tab or a carriage return is guarded by an apostrophe: `=cmd|…` is written `'=cmd|…`, which every
spreadsheet shows as text; reading takes that apostrophe away again, and guards one that was there: `'=x` is `''=x`.
"""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from directory.sheets.facts import Directory
from directory.sheets.phone_book import write_pdf
from directory.sheets.plain_text import RISKY, guarded
from directory.sheets.table import COLUMNS, lines, title
from directory.sheets.vcards import write_vcards

MADE_AT = datetime(2016, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"Written into the file, so that the same table is the same bytes."
HEADER_LINE = 1
_BYTE_ORDER_MARK = "\ufeff"

Writer = Callable[[Directory, str | None, date | None], bytes]


def write_csv(directory: Directory, top: str | None = None, _on: date | None = None) -> bytes:
    """UTF-8 with a byte order mark, which is how a spreadsheet knows it from GB18030."""
    file = StringIO(newline="")
    file.write(_BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow([column.title for column in COLUMNS])
    writer.writerows([guarded(text) for text in line] for line in lines(directory, top))
    return file.getvalue().encode()


def write_xlsx(directory: Directory, top: str | None = None, _on: date | None = None) -> bytes:
    """A title over the table, its header kept in sight and printed on every page.

    Line after line into a temporary file: the table of a country is a quarter of a gigabyte before it is packed.
    """
    file = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as workbook:
        workbook.set_properties({"title": title(directory, top), "created": MADE_AT})
        sheet = workbook.add_worksheet("联系方式")
        last = _fill(workbook, sheet, directory, top)
        _lay_out(sheet, last)
    return file.getvalue()


def _fill(workbook: Workbook, sheet: Worksheet, directory: Directory, top: str | None) -> int:
    """The cells; answers the last line."""
    heading = workbook.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    header = workbook.add_format(
        {"bold": True, "bg_color": "#DCE6F2", "border": 1, "valign": "vcenter", "text_wrap": True}
    )
    plain = workbook.add_format({"border": 1, "border_color": "#BFBFBF", "valign": "top", "text_wrap": True})
    kept = workbook.add_format({"border": 1, "border_color": "#BFBFBF", "valign": "top", "text_wrap": True})
    kept.set_quote_prefix()
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width)
    sheet.set_row(0, 30)
    sheet.merge_range(0, 0, 0, len(COLUMNS) - 1, "", heading)
    sheet.write_string(0, 0, title(directory, top), heading)
    for place, column in enumerate(COLUMNS):
        sheet.write_string(HEADER_LINE, place, column.title, header)
    line = HEADER_LINE
    for line, cells in enumerate(lines(directory, top), HEADER_LINE + 1):
        for place, text in enumerate(cells):
            if text:
                sheet.write_string(line, place, text, kept if text[0] in RISKY else plain)
            else:
                sheet.write_blank(line, place, None, plain)
    return line


def _lay_out(sheet: Worksheet, last: int) -> None:
    sheet.freeze_panes(HEADER_LINE + 1, 4)
    sheet.autofilter(HEADER_LINE, 0, max(last, HEADER_LINE + 1), len(COLUMNS) - 1)
    sheet.repeat_rows(HEADER_LINE)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")


WRITERS: dict[str, Writer] = {"xlsx": write_xlsx, "csv": write_csv, "vcf": write_vcards, "pdf": write_pdf}
"By the ending of a file's name: the directory, the subtree (None: all), the day that a printed book tells."
