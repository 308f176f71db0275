"""The bytes of a file to its sheets: .xlsx, .xls, .csv and .txt, told apart by what they hold, not by their names."""

from directory.sheets.grid import Fault, Sheet, UnreadableError
from directory.sheets.plain_text import read_text
from directory.sheets.workbook import OLE, ZIP, read_workbook

MOST_ROWS = 400_000
"50,000 units with the people of each are 250,000."
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")


def read_sheets(content: bytes, name: str = "") -> list[Sheet]:
    """Every sheet with something in it, hidden ones left out; UnreadableError says what is wrong with a file.

    `name` is that of the file, and names the one sheet of a text file.
    """
    if not content.strip():
        raise UnreadableError(Fault.EMPTY)
    if content.startswith(_OTHERS):
        raise UnreadableError(Fault.NOT_A_SHEET)
    is_workbook = content.startswith((ZIP, OLE))
    sheets = read_workbook(content) if is_workbook else [read_text(content, name)]
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise UnreadableError(Fault.EMPTY)
    if sum(len(sheet.rows) for sheet in sheets) > MOST_ROWS:
        raise UnreadableError(Fault.TOO_MANY_ROWS)
    return sheets
