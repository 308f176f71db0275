"""Officers as a sheet lists them: one line each, below the line that names the columns."""

import csv
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

COLUMNS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "姓名", "民警姓名", "民警"}),
    "unit": frozenset({"unit", "单位", "单位名称", "单位代码", "所属单位", "派出所"}),
    "username": frozenset({"username", "用户名", "账号", "登录名", "警号"}),
    "email": frozenset({"email", "e-mail", "邮箱", "电子邮箱", "邮件"}),
}
NEEDED = ("name", "unit")
MOST_ROWS = 2_000


class Wrong(StrEnum):
    """Why a row cannot be entered."""

    NO_NAME = "no name"
    LONG_NAME = "long name"
    NO_UNIT = "no unit"
    UNKNOWN_UNIT = "unknown unit"
    SEVERAL_UNITS = "several units"
    NOT_YOURS = "not yours"
    BAD_EMAIL = "bad email"
    BAD_USERNAME = "bad username"
    TAKEN = "taken"


class NoHeaderError(ValueError):
    """No line names the columns."""


@dataclass(frozen=True)
class Row:
    """One officer as written; `number` is the row on the sheet."""

    number: int
    name: str
    unit: str
    username: str
    email: str


def rows_of(lines: Iterable[str]) -> list[Row]:
    """The rows below the line that names the columns; a unit left blank is the one above. NoHeaderError without it."""
    columns: dict[str, int] = {}
    found: list[Row] = []
    for number, cells in enumerate(csv.reader(lines), start=1):
        if not columns:
            columns = header(cells)
        elif any(cell.strip() for cell in cells):
            found.append(_row(number, cells, columns, found[-1].unit if found else ""))
    if not columns:
        raise NoHeaderError
    return found[:MOST_ROWS]


def header(cells: Sequence[str]) -> dict[str, int]:
    """Which column is where, if this line names those that are needed."""
    names = ["".join(unicodedata.normalize("NFKC", cell).split()).casefold() for cell in cells]
    places = {key: next((at for at, name in enumerate(names) if name in words), -1) for key, words in COLUMNS.items()}
    return places if all(places[key] >= 0 for key in NEEDED) else {}


def _row(number: int, cells: Sequence[str], columns: Mapping[str, int], unit_above: str) -> Row:
    def cell(key: str) -> str:
        at = columns[key]
        return cells[at].strip() if 0 <= at < len(cells) else ""

    return Row(number, cell("name"), cell("unit") or unit_above, cell("username"), cell("email"))
