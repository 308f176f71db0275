"""What a sheet holds, whatever kind of file it came in: rows of texts, each with its place."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_SPANS: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet. A merged cell's text stands in the first column of each of its lines."""

    number: int
    "as the spreadsheet counts, from 1"
    cells: tuple[str, ...]
    carried: frozenset[int] = frozenset()
    "columns whose text is that of a merged cell which began on a line above"
    spans: Mapping[int, int] = field(default_factory=lambda: NO_SPANS)
    "columns that a merged cell covers, with the column in which its text stands"

    def cell(self, column: int) -> str:
        """The text of a column, counted from 0; nothing where the line is shorter."""
        return self.cells[column] if column < len(self.cells) else ""

    def heading(self, column: int) -> str:
        """The text above a column, also where a merged cell reaches over it."""
        return self.cell(column) or self.cell(self.spans.get(column, column))

    @property
    def filled(self) -> list[int]:
        """The columns that hold something."""
        return [column for column, text in enumerate(self.cells) if text]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, or a text file; blank lines are left out."""

    name: str
    rows: tuple[Row, ...]


class Fault(StrEnum):
    """Why a file cannot be read."""

    EMPTY = "empty"
    NOT_A_SHEET = "not_a_sheet"
    WEB_PAGE = "web_page"
    DAMAGED = "damaged"
    PASSWORD = "password"  # noqa: S105  a reason, no secret
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    NO_HEADER = "no_header"
    ENCODING = "encoding"


class UnreadableError(ValueError):
    """A file that is no sheet we can read; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def shown(text: str) -> str:
    """A cell's text without what cannot be seen: control characters, marks of direction, blanks of no width."""
    seen = text if text.isprintable() else "".join(each for each in text if each in "\n\t" or not _is_hidden(each))
    return seen.strip()


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}


def column_name(column: int) -> str:
    """The letter over a column that is counted from 0: A, B … Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
