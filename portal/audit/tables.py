"""The audit log as a sheet, .csv or .xlsx: every cell a text, none a formula."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from directory.sheets.plain_text import guarded
from portal.audit.models import AuditRecord

HEADER = ("时间", "操作人", "单位", "网络地址", "行为", "对象", "详情", "序号", "哈希")
WIDTHS = (20, 16, 16, 16, 24, 30, 50, 10, 70)
_BYTE_ORDER_MARK = "\ufeff"


def write_csv(records: Iterable[AuditRecord], zone: ZoneInfo) -> bytes:
    """UTF-8 with a byte order mark; what a spreadsheet would take for a formula is guarded by an apostrophe."""
    file = StringIO(newline="")
    file.write(_BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow(HEADER)
    writer.writerows([guarded(cell) for cell in _cells(record, zone)] for record in records)
    return file.getvalue().encode()


def write_xlsx(records: Iterable[AuditRecord], zone: ZoneInfo) -> bytes:
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet("审计日志")
        bold, text = workbook.add_format({"bold": True}), workbook.add_format({"quote_prefix": True})
        for column, (title, width) in enumerate(zip(HEADER, WIDTHS, strict=True)):
            sheet.write_string(0, column, title, bold)
            sheet.set_column(column, column, width)
        for line, record in enumerate(records, start=1):
            for column, cell in enumerate(_cells(record, zone)):
                sheet.write_string(line, column, cell, text if cell != guarded(cell) else None)
        sheet.freeze_panes(1, 0)
    return file.getvalue()


WRITERS: Mapping[str, Callable[[Iterable[AuditRecord], ZoneInfo], bytes]] = {"csv": write_csv, "xlsx": write_xlsx}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _cells(record: AuditRecord, zone: ZoneInfo) -> list[str]:
    detail = json.dumps(record.detail, ensure_ascii=False) if record.detail else ""
    return [
        record.at.astimezone(zone).isoformat(timespec="seconds"),
        record.actor,
        record.unit_code or "",
        record.address,
        record.action,
        record.object,
        detail,
        str(record.serial or ""),
        record.hash or "",
    ]
