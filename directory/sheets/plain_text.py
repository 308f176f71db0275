"""Text files: UTF-8, UTF-16 or GB18030; columns apart by tabs, commas, semicolons, bars, or several blanks."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from io import StringIO

from directory.sheets.grid import Fault, Row, Sheet, UnreadableError, shown

BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SEPARATORS = "\t,;|，；｜"
_BLANKS = (re.compile("[ \u3000]{2,}|\u3000"), re.compile(r"\s+"))
_SAMPLE = 200
_CELL_OF_FORMULA = re.compile('="((?:[^"]|"")*)"')

RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"What a spreadsheet takes for the beginning of a formula, in a Chinese one at full width as well."
_GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def read_text(content: bytes, name: str) -> Sheet:
    """The one sheet of a text file."""
    text = _decoded(content)
    if "\x00" in text:
        raise UnreadableError(Fault.NOT_A_SHEET)
    if re.match(r"\s*<(?:!doctype|html|table|\?xml)", text, re.IGNORECASE):
        raise UnreadableError(Fault.WEB_PAGE)
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        raise UnreadableError(Fault.DAMAGED) from error
    rows = ((number, tuple(shown(_cell(cell)) for cell in cells)) for number, cells in enumerate(lines, 1))
    return Sheet(name, tuple(Row(number, cells) for number, cells in rows if any(cells)))


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `read_text` takes the apostrophe away again."""
    return f"'{text}" if text.startswith(RISKY) or _GUARDED.match(text) else text


def _cell(text: str) -> str:
    """What a cell says: `'=1+1` was guarded, `="0431"` is how a text is kept from being taken for a number."""
    if _GUARDED.match(text):
        return text[1:].strip()
    formula = _CELL_OF_FORMULA.fullmatch(text)
    return formula[1].replace('""', '"').strip() if formula else text.strip()


def _decoded(content: bytes) -> str:
    marked = next((encoding for mark, encoding in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError(Fault.NOT_A_SHEET if b"\x00" in content else Fault.ENCODING)


def _lines(text: str) -> Iterable[list[str]]:
    """The lines, in columns as most of the first ones have them."""
    sample = text[: _end_of_sample(text)]
    ranked = {separator: _regularity(_separated(sample, separator)) for separator in SEPARATORS}
    best = max(ranked, key=lambda separator: ranked[separator])
    if ranked[best]:
        return _separated(text, best)
    by_blanks = [(_regularity(_apart(sample, blanks)), blanks) for blanks in _BLANKS]
    return _apart(text, max(by_blanks, key=lambda one: one[0])[1])


def _end_of_sample(text: str) -> int:
    end = -1
    for _line in range(_SAMPLE):
        end = text.find("\n", end + 1)
        if end < 0:
            return len(text)
    return end + 1


def _regularity(lines: Iterable[list[str]]) -> int:
    """How much of a table these lines are: columns beyond the first of the lines that have as many as most."""
    widths = Counter(len(line) for line in lines if len(line) > 1)
    if not widths:
        return 0
    return max((width - 1) * count for width, count in widths.items())


def _separated(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(StringIO(text, newline=""), delimiter=separator)


def _apart(text: str, blanks: re.Pattern[str]) -> Iterator[list[str]]:
    for line in text.splitlines():
        yield blanks.split(line.strip()) if line.strip() else []
