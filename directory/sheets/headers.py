"""Which line of a sheet names its columns, in one line or in two, and what stands above each."""

import re
from collections.abc import Sequence

from directory.sheets.columns import OTHER, columns_of, field_of, names_units, recognised
from directory.sheets.grid import Row

HEADER_WITHIN = 60  # lines from the top
_LIKE_A_PHONE = re.compile(r"\d{4}")


def header_of(rows: Sequence[Row]) -> int | None:
    """Where the header is: the line near the top that names most columns, the first of these."""
    scores = [score(row) for row in rows[:HEADER_WITHIN]]
    best = max(scores, default=0)
    if not best:
        return None
    line = scores.index(best)
    return line - 1 if line and rows[line].carried and is_second_line(rows[line - 1], rows[line]) else line


def score(row: Row) -> int:
    """How many columns a line names; 0 if it is no header."""
    titles = list(filter(None, row.cells))
    if len(titles) < 2 or any(map(_LIKE_A_PHONE.search, titles)):
        return 0
    columns = columns_of(titles)
    known = recognised(columns)
    return known if known >= 2 and names_units(columns) and known * 2 >= len(titles) else 0


def titles_of(row: Row, second: Row | None) -> list[str]:
    """The title above each column; `second` is the header's further line, if it has one."""
    width = max(len(row.cells), len(second.cells) if second else 0)
    if second is None:
        return [row.cell(column) for column in range(width)]
    return [_title(row.heading(column), second.cell(column)) for column in range(width)]


def is_second_line(row: Row, below: Row) -> bool:
    """Whether a line goes on with the header: under a merged title, only names of columns."""
    own = [column for column in below.filled if column not in below.carried]
    if not own or not (row.spans or below.carried):
        return False
    return all(column in _under_span(row) or _names_empty_column(row, below, column) for column in own)


def _title(upper: str, lower: str) -> str:
    """Of a header in two lines, the lower says what, and the upper whose where that alone is known: 所长 · 电话."""
    if not lower or field_of(lower) == OTHER:
        return upper or lower
    both = f"{upper}{lower}"
    return both if upper and upper != lower and field_of(both) == field_of(lower) else lower


def _names_empty_column(row: Row, below: Row, column: int) -> bool:
    return not row.cell(column) and field_of(below.cell(column)) != OTHER


def _under_span(row: Row) -> set[int]:
    return {*row.spans, *row.spans.values()}
