"""A duty roster as it is written: one printed date and one printed time range → two instants."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

COLUMNS: Mapping[str, frozenset[str]] = {
    "unit": frozenset({"unit", "单位", "单位名称", "派出所", "值班单位"}),
    "date": frozenset({"date", "日期", "值班日期"}),
    "time": frozenset({"time", "时间", "值班时间", "时段"}),
    "name": frozenset({"name", "姓名", "值班人员", "值班民警", "值班人"}),
    "phone": frozenset({"phone", "电话", "联系电话", "值班电话", "手机"}),
    "note": frozenset({"note", "备注"}),
}
NEEDED = ("unit", "date", "name")
WHOLE_DAY = frozenset({"", "全天", "24小时", "allday"})
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
RANGE = re.compile(r"(\d{1,2}):(\d{2})(?:-|至|到|~)(次日|第二天)?(\d{1,2}):(\d{2})")
DAY = timedelta(days=1)


class Wrong(StrEnum):
    """Why a row cannot be read."""

    NO_HEADER = "no header"
    NO_DATE = "no date"
    NO_TIME = "no time"
    NO_NAME = "no name"
    NO_UNIT = "no unit"
    UNKNOWN_UNIT = "unknown unit"
    SEVERAL_UNITS = "several units"
    NOT_YOURS = "not your unit"
    NO_NUMBER = "no phone number"
    TOO_LONG = "too long"


class UnreadableError(ValueError):
    """A cell that cannot be read: which column, and why."""

    def __init__(self, column: str, wrong: Wrong) -> None:
        super().__init__(f"{column}: {wrong}")
        self.column, self.wrong = column, wrong


@dataclass(frozen=True)
class Row:
    """One line of a roster as written; `number` is its row on the sheet, the header being 1 where it stands first."""

    number: int
    unit: str
    date: str
    time: str
    name: str
    phone: str
    note: str


def rows_of(lines: Iterable[str]) -> list[Row]:
    """The rows below the line that names the columns; UnreadableError if there is no such line.

    Titles above it and blank lines are no rows. A unit that is left blank is the one above it.
    """
    columns: dict[str, int] = {}
    found: list[Row] = []
    for number, cells in enumerate(csv.reader(lines), start=1):
        if not columns:
            columns = _header(cells)
        elif any(cell.strip() for cell in cells):
            found.append(_row(number, cells, columns, found[-1].unit if found else ""))
    if not columns:
        raise UnreadableError("", Wrong.NO_HEADER)
    return found


def names_columns(cells: Sequence[str]) -> bool:
    """Whether this line is the header of a roster."""
    return bool(_header(cells))


def span_of(row: Row, tz: tzinfo) -> tuple[datetime, datetime]:
    """The instants at which the row's shift begins and ends: what ends before it begins ends the next day.

    UnreadableError where the date or the time cannot be read. Without a time it is the whole day.
    """
    day = _date(row.date)
    text = _plain(row.time)
    if text in WHOLE_DAY:
        return _instant(day, time.min, tz), _instant(day + DAY, time.min, tz)
    begins, ends, following = _range(text)
    last = day + DAY if following or ends <= begins else day
    return _instant(day, begins, tz), _instant(last, ends, tz)


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Which column is where, if this line names those that are needed."""
    names = [_plain(cell).casefold() for cell in cells]
    places = {key: next((at for at, name in enumerate(names) if name in words), -1) for key, words in COLUMNS.items()}
    return places if all(places[key] >= 0 for key in NEEDED) else {}


def _row(number: int, cells: list[str], columns: Mapping[str, int], unit_above: str) -> Row:
    def cell(key: str) -> str:
        at = columns[key]
        return cells[at].strip() if 0 <= at < len(cells) else ""

    return Row(number, cell("unit") or unit_above, cell("date"), cell("time"), cell("name"), cell("phone"),
               cell("note"))  # fmt: skip


def _date(text: str) -> date:
    match = DATE.match(_plain(text))
    if match is None:
        raise UnreadableError("date", Wrong.NO_DATE)
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError as error:
        raise UnreadableError("date", Wrong.NO_DATE) from error


def _range(text: str) -> tuple[time, time, bool]:
    match = RANGE.fullmatch(text)
    if match is None:
        raise UnreadableError("time", Wrong.NO_TIME)
    opens, opens_minute, following, closes, closes_minute = match.groups()
    begins, _ = _time(int(opens), int(opens_minute))
    ends, midnight = _time(int(closes), int(closes_minute))
    return begins, ends, bool(following) or midnight


def _time(hour: int, minute: int) -> tuple[time, bool]:
    """A time of day; 24:00 is midnight, the next day's."""
    if (hour, minute) == (24, 0):
        return time.min, True
    try:
        return time(hour, minute), False
    except ValueError as error:
        raise UnreadableError("time", Wrong.NO_TIME) from error


def _plain(text: str) -> str:
    """Full-width characters and dashes as the keyboard has them, without spaces."""
    text = "".join(unicodedata.normalize("NFKC", text).split())
    for dash in "‐‑–—−":
        text = text.replace(dash, "-")
    return text


def _instant(day: date, at: time, tz: tzinfo) -> datetime:
    return datetime.combine(day, at, tz)
