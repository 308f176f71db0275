"""What the cells of a record say: codes, kinds, roles, addresses, phones; and what of them could not be read."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from directory.first_six import first_six, holds_identity_number
from directory.phones import PrintedPhone, read_phones
from directory.sheets.columns import fold, patterns, role_of
from directory.sheets.plan import Reason, RefusalError
from directory.sheets.recognising import Cell, Person, Record

REMARKS_APART = "；"
CODE = re.compile("[0-9A-Z]{12}")
LONGEST = {"name": 100, "person": 60, "post": 60, "address": 200, "former_names": 400, "public_phone": 40}
_IDENTITY = re.compile("身份证|身份号|证件号|identity", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)")
_NOTHING = {"", "无", "没有", "暂无", "空", "none", "na", "null"}
_LONGEST_NOTHING = max(map(len, _NOTHING))
_FULL_WIDTH_SIGNS = str.maketrans("＠．－＿", "@.-_")


@dataclass(slots=True)
class Said:
    """What a record says of one person, in the directory's words; None where the sheet says nothing."""

    role: str = ""
    role_is_told: bool = False
    "by the line or by its column, not by the post alone"
    rank: int | None = None
    name: str = ""
    post: str = ""
    email: str = ""
    phones: tuple[PrintedPhone, ...] = ()
    phone_cells: tuple[str, ...] = ()
    "as they stand in the sheet"
    phone_leftovers: list[str] = field(default_factory=list)
    remark: str = ""
    leftovers: list[str] = field(default_factory=list)
    column: int | None = None
    "where it stands, for who asks"

    @property
    def all_leftovers(self) -> list[str]:
        return [*self.leftovers, *self.phone_leftovers]


def check_cells(record: Record) -> None:
    """RefusalError for a formula that came to nothing, for what does not fit, and for what must not be kept."""
    for name, cell in _all_cells(record):
        if cell.text[0] == "#" and _ERROR.fullmatch(cell.text):
            raise RefusalError(Reason.FORMULA_ERROR, cell.column, text=cell.text)
        longest = LONGEST.get(name)
        if longest and len(cell.text) > longest:
            raise RefusalError(Reason.TOO_LONG, cell.column, longest=str(longest))
        if holds_identity_number(cell.text) or (_is_of_identity(cell.title) and first_six(cell.text) != cell.text):
            raise RefusalError(Reason.IDENTITY_NUMBER, cell.column)


def code_in(cell: Cell | None) -> str:
    """The organ code of a cell; RefusalError if it holds something else."""
    if cell is None:
        return ""
    code = cell.text if CODE.fullmatch(cell.text) else _plain_code(cell.text)
    if not CODE.fullmatch(code):
        raise RefusalError(Reason.BAD_CODE, cell.column, text=cell.text)
    return code


def kind_in(text: str) -> str:
    """The kind of unit that a cell names, or nothing."""
    words = fold(text)
    return next((kind for kind, pattern in patterns("kind_cells").items() if pattern.fullmatch(words)), "")


def kind_of_name(name: str) -> str:
    """The kind of unit that a name tells, or nothing."""
    words = fold(name)
    return next((kind for kind, pattern in patterns("kinds").items() if pattern.search(words)), "")


def names_in(text: str) -> tuple[str, ...]:
    """Former names of a cell, apart by 、 and the like."""
    return tuple(dict.fromkeys(name for part in re.split("[、；;，,/\n]", text) if (name := part.strip())))


def says_nothing(text: str) -> bool:
    """A cell that only says that there is nothing: 无, /, —."""
    return not (len(text) > _LONGEST_NOTHING and text[: _LONGEST_NOTHING + 1].isalnum()) and fold(text) in _NOTHING


def labelled(cell: Cell) -> str:
    """What could not be read, with the title it stood under."""
    return f"{cell.title}：{cell.text}" if cell.title else cell.text


def joined(remarks: Iterable[str]) -> str:
    return REMARKS_APART.join(dict.fromkeys(remark for remark in remarks if remark))


def said_of(person: Person, area: str) -> Said:
    """What the cells of a person say."""
    said = Said(
        name=_text(person, "person"),
        post=_text(person, "post"),
        remark=_text(person, "remark"),
        leftovers=[labelled(cell) for cell in person.others],
        column=next((cell.column for cell in (*person.cells.values(), *person.phones)), None),
    )
    _read_role(person, said)
    _read_rank(person, said)
    _read_email(person, said)
    _read_phones(person, said, area)
    return said


def _text(person: Person, name: str) -> str:
    cell = person.cells.get(name)
    return "" if cell is None or (name != "remark" and says_nothing(cell.text)) else cell.text


def _read_role(person: Person, said: Said) -> None:
    cell = person.cells.get("role")
    told = (role_of(cell.text) if cell else "") or person.role
    if cell and not role_of(cell.text) and not says_nothing(cell.text):
        said.leftovers.append(labelled(cell))
    said.role, said.role_is_told = told or role_of(said.post) or "desk", bool(told)


def _read_rank(person: Person, said: Said) -> None:
    cell = person.cells.get("rank")
    if cell is None:
        return
    if cell.text.isascii() and cell.text.isdigit() and 0 <= int(cell.text[:6]) <= 9999:
        said.rank = int(cell.text[:6])
    else:
        said.leftovers.append(labelled(cell))


def _read_email(person: Person, said: Said) -> None:
    """The first address of the cell; further ones, and words beside it, could not be read."""
    cell = person.cells.get("email")
    if cell is None or says_nothing(cell.text):
        return
    text = cell.text.translate(_FULL_WIDTH_SIGNS)
    found = _EMAIL.search(text)
    if found and len(found[0]) <= 254:
        said.email = found[0]
        text = f"{text[: found.start()]} {text[found.end() :]}".strip(" <>、,;；，/\n\t")
    if text:
        said.leftovers.append(labelled(Cell(text, cell.column, cell.title)))


def _read_phones(person: Person, said: Said, area: str) -> None:
    found: dict[tuple[str, str], PrintedPhone] = {}
    for cell in person.phones:
        read = read_phones(cell.text, area)
        label = "传真" if "传真" in cell.title else ""
        for phone in read.phones:
            known = PrintedPhone(phone.number, phone.extension, label) if label and not phone.remark else phone
            found.setdefault((phone.digits, phone.extension), known)
        if read.remark and not says_nothing(read.remark):
            said.phone_leftovers.append(labelled(Cell(read.remark, cell.column, cell.title)))
    said.phones = tuple(found.values())
    said.phone_cells = tuple(cell.text for cell in person.phones)


def _plain_code(text: str) -> str:
    """Without blanks, hyphens, and the noughts of a number with a point."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return re.sub(r"\.0*$", "", code)


@cache
def _is_of_identity(title: str) -> bool:
    return _IDENTITY.search(title) is not None


def _all_cells(record: Record) -> Iterable[tuple[str, Cell]]:
    yield from record.unit.items()
    yield from (("", cell) for cell in record.others)
    for person in record.people:
        yield from person.cells.items()
        yield from (("phone", cell) for cell in person.phones)
        yield from (("", cell) for cell in person.others)
