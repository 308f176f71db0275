"""A year's days as they are given in: day, kind, hours, remark; what is wrong is told by row and column."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from directory.days import DayKind
from directory.hours import HoursError, read_day, show_day
from directory.sheets.grid import Row, Sheet

COLUMNS: Mapping[str, frozenset[str]] = {
    "day": frozenset({"day", "date", "日期"}),
    "kind": frozenset({"kind", "type", "类别", "类型", "安排"}),
    "hours": frozenset({"hours", "time", "时间", "工作时间"}),
    "remark": frozenset({"remark", "name", "备注", "说明", "名称", "节日"}),
}
KINDS: Mapping[str, DayKind] = {
    **dict.fromkeys(("closed", "off", "休", "休息", "放假", "休假", "假"), DayKind.CLOSED),
    **dict.fromkeys(("open", "work", "班", "上班", "调休上班", "补班"), DayKind.OPEN),
    **dict.fromkeys(("special", "特", "特殊", "特殊时间", "特殊时段"), DayKind.SPECIAL),
}
LONGEST_REMARK = 60
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+0{1,2}:00(?::00)?)?")


class DayFault(StrEnum):
    """What is wrong with a line, or with the whole."""

    NO_HEADER = "no header"
    NO_ROWS = "no rows"
    NO_DATE = "no date"
    NO_KIND = "no kind"
    NO_HOURS = "no hours"
    HOURS_OF_WHAT = "hours without special"
    TOO_LONG = "too long"
    TWICE = "twice"
    OTHER_YEAR = "another year"


@dataclass(frozen=True)
class YearDay:
    """One exception of a year."""

    day: date
    kind: DayKind
    hours: str = ""
    remark: str = ""


@dataclass(frozen=True)
class WrongCell:
    """A line that cannot be read: which, in which column, and why."""

    row: int
    column: str
    fault: DayFault


@dataclass(frozen=True)
class YearSheet:
    """The year of the first day, its days in order, and what is wrong."""

    year: int
    days: tuple[YearDay, ...]
    wrong: tuple[WrongCell, ...]


class _CellError(ValueError):
    def __init__(self, column: str, fault: DayFault) -> None:
        super().__init__(f"{column}: {fault}")
        self.column, self.fault = column, fault


def read_year(sheet: Sheet) -> YearSheet:
    """Every line below the one that names the columns; all of one year."""
    lines = iter(sheet.rows)
    places = next((found for row in lines if (found := _header(row))), None)
    if places is None:
        return YearSheet(0, (), (WrongCell(1, "", DayFault.NO_HEADER),))
    days: dict[date, YearDay] = {}
    wrong: list[WrongCell] = []
    for row in lines:
        try:
            one = _day(row, places)
            _check_fits(one, days)
            days[one.day] = one
        except _CellError as error:
            wrong.append(WrongCell(row.number, error.column, error.fault))
    if not days and not wrong:
        wrong.append(WrongCell(1, "", DayFault.NO_ROWS))
    return YearSheet(next(iter(days)).year if days else 0, tuple(days[day] for day in sorted(days)), tuple(wrong))


def _check_fits(one: YearDay, days: Mapping[date, YearDay]) -> None:
    if one.day in days:
        raise _CellError("day", DayFault.TWICE)
    if days and one.day.year != next(iter(days)).year:
        raise _CellError("day", DayFault.OTHER_YEAR)


def _header(row: Row) -> dict[str, int]:
    names = [_plain(cell).casefold() for cell in row.cells]
    places = {key: next((at for at, name in enumerate(names) if name in words), -1) for key, words in COLUMNS.items()}
    return places if places["day"] >= 0 and places["kind"] >= 0 else {}


def _day(row: Row, places: Mapping[str, int]) -> YearDay:
    cells = {key: row.cell(at).strip() if at >= 0 else "" for key, at in places.items()}
    day, kind = _date(cells["day"]), KINDS.get(_plain(cells["kind"]).casefold())
    if kind is None:
        raise _CellError("kind", DayFault.NO_KIND)
    if len(cells["remark"]) > LONGEST_REMARK:
        raise _CellError("remark", DayFault.TOO_LONG)
    return YearDay(day, kind, _hours(cells["hours"], kind), cells["remark"])


def _hours(text: str, kind: DayKind) -> str:
    try:
        openings = read_day(text)
    except HoursError as error:
        raise _CellError("hours", DayFault.NO_HOURS) from error
    if kind is DayKind.SPECIAL and not openings:
        raise _CellError("hours", DayFault.NO_HOURS)
    if kind is not DayKind.SPECIAL and openings:
        raise _CellError("hours", DayFault.HOURS_OF_WHAT)
    return show_day(openings)


def _date(text: str) -> date:
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    raise _CellError("day", DayFault.NO_DATE)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def changed_days(before: Sequence[YearDay], after: Sequence[YearDay]) -> list[tuple[YearDay | None, YearDay | None]]:
    """Day by day what is another: (as it is, as it would be), None where it is no exception."""
    old, new = {one.day: one for one in before}, {one.day: one for one in after}
    return [(old.get(day), new.get(day)) for day in sorted(old.keys() | new.keys()) if old.get(day) != new.get(day)]
