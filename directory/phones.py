"""One printed cell to phone numbers, extensions and remarks; what is no number stays as a remark, nothing is lost.

Cells are as offices write them: `80001234、80001235转8012`, `（0431）8000－1234（夜间）`, `手机：139 0000 1111/110`,
and numbers that a spreadsheet took for amounts, which have lost their first nought: `43180001234.0`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

LONGEST_REMARK = 60
BETWEEN = "、"

_ASCII = "0123456789+-#." + "".join(map(chr, (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))))
_FOLDED = str.maketrans(
    "".join(chr(ord(character) + 0xFEE0) for character in _ASCII) + "（[【〔〈<{）]】〕〉>}" + "\u3000\xa0",
    _ASCII + "(((((((" + ")))))))" + "  ",
) | str.maketrans(dict.fromkeys("‐‑‒–—―−─━ー﹘﹣～~", "-"))
_AREA = r"0(?:10|2\d|[3-9]\d\d)"
_GAP = r"[ -]?"
_NUMBER = re.compile(
    rf"""(?<![\d.])(?:(?:\+86|\(\+?86\)|0086|86(?=[ -])){_GAP})?
    (?: (?P<mobile>1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}})
      | \(?(?P<area>{_AREA})\)?[ -]*(?P<local>[2-9]\d{{2,3}}{_GAP}\d{{4}} | [2-9]\d{{3}}-\d{{3}})
      | (?P<service>[48]00{_GAP}\d{{3}}{_GAP}\d{{4}} | [48]00{_GAP}\d{{4}}{_GAP}\d{{3}})
      | (?P<noughtless>10(?=[ -]?\d{{8}}(?!\d)) | 2\d(?=[ -]?\d{{8}}(?!\d)) | [3-9]\d\d)
            {_GAP}(?P<rest>[2-9]\d{{2,3}}{_GAP}\d{{4}})
      | (?P<bare>[2-9]\d{{2,3}}{_GAP}\d{{4}} | [2-9]\d{{3}}-\d{{3}})
      | (?<!\d-)(?P<short>1[0-2]\d | 1[0-2]\d{{3}} | 9[56]\d{{3}})
    )(?![\d.]*\d)""",
    re.VERBOSE | re.ASCII,
)
_DIALLED = r"(?:-?(?:转|分机号?|\bext\.?|[x#])\s*[:：]?\s*(?P<named{0}>\d{{1,6}})|-\s*(?P<dashed{0}>\d{{3,6}}))"
_EXTENSION = re.compile(
    rf"\s*(?:\(\s*{_DIALLED.format('_aside')}\s*\)|{_DIALLED.format('')}(?!\d)(?![ -]?\d{{4}}))",
    re.IGNORECASE | re.ASCII,
)
_SEPARATOR = re.compile(r"[、;；,，/／|｜\\\n\r\t。]|\s{2,}")
_LABEL_END = " :：.-、;；,，/／|｜\\。\n\r\t"
_ASIDE = re.compile(r"\(([^()]*)\)")
_NO_DIGIT = re.compile("[^0-9]")
_AMOUNT = re.compile(r"\s*(\d{7,12})\.0*\s*", re.ASCII)


@dataclass(frozen=True)
class PrintedPhone:
    """One number: as shown (`0431-80001234`), what to dial after it, and what stood beside it."""

    number: str
    extension: str = ""
    remark: str = ""

    @property
    def digits(self) -> str:
        """The digits alone, area code included where it is known."""
        return "".join(filter(str.isdigit, self.number))

    def __str__(self) -> str:
        extension = f"转{self.extension}" if self.extension else ""
        return self.number + extension + (f"（{self.remark}）" if self.remark else "")


class PhoneCell(NamedTuple):
    """What a cell held: its numbers in their order, and the rest."""

    phones: tuple[PrintedPhone, ...]
    remark: str = ""


class _Words(NamedTuple):
    """Words beside numbers; those in parentheses belong to the number before them."""

    text: str
    aside: bool = False


_Segment = list[PrintedPhone | _Words]
"What stands between two separators."


def read_phones(cell: object, area: str = "") -> PhoneCell:
    """The numbers of a cell; one without an area code is of the area before it in the cell, else of `area` (`0431`)."""
    phones: list[PrintedPhone] = []
    loose: list[str] = []
    for segment in _segments(_plain(cell), area):
        read = _with_their_words(segment)
        if not read:
            loose += _without_number(segment, phones)
        for phone in read:
            _add(phone, phones)
    return PhoneCell(tuple(_settled(phone, loose) for phone in phones), " ".join(loose))


def as_read(entered: PrintedPhone, area: str = "") -> PrintedPhone:
    """One number that somebody typed, as the same words in a sheet's cell are read: `80001234 转 12` is two facts.

    What is no number of the public network, such as one of a police network, stays as typed, half-width.
    """
    read = read_phones(str(entered), area)
    if len(read.phones) == 1 and not read.remark:
        return read.phones[0]
    number, extension = (_plain(each).strip() for each in (entered.number, entered.extension))
    return PrintedPhone(number, extension, entered.remark.strip())


def show_phones(phones: Iterable[PrintedPhone]) -> str:
    """The cell that is read as these phones."""
    return BETWEEN.join(map(str, phones))


def _plain(cell: object) -> str:
    """The cell as text, half-width, one kind of dash, amounts without their point and noughts."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = ("" if cell is None else str(cell)).translate(_FOLDED)
    amount = _AMOUNT.fullmatch(text)
    return amount[1] if amount else re.sub("-{2,}", "-", text)


def _segments(text: str, area: str) -> Iterator[_Segment]:
    segment: _Segment = []
    for piece in _pieces(text, area):
        if piece is not None:
            segment.append(piece)
        elif segment:
            yield segment
            segment = []
    if segment:
        yield segment


def _pieces(text: str, area: str) -> Iterator[PrintedPhone | _Words | None]:
    """Numbers, words, and None for a separator."""
    start = 0
    while found := _NUMBER.search(text, start):
        yield from _words(text[start : found.start()])
        extension = _EXTENSION.match(text, found.end())
        area = found["area"] or area
        yield _phone(found, extension, area)
        start = extension.end() if extension else found.end()
    yield from _words(text[start:])


def _words(text: str) -> Iterator[_Words | None]:
    for place, part in enumerate(_ASIDE.split(text) if text else ()):
        aside = place % 2 == 1
        for number, each in enumerate([part] if aside else _SEPARATOR.split(part)):
            if number:
                yield None
            if clean := _one_line(each):
                yield _Words(clean, aside)


def _one_line(words: str) -> str:
    return " ".join(words.replace("(", " ").replace(")", " ").split()).strip(_LABEL_END)


def _phone(found: re.Match[str], extension: re.Match[str] | None, area: str) -> PrintedPhone:
    dialled = next(filter(None, extension.groups())) if extension else ""
    parts = {name: _NO_DIGIT.sub("", text) if text else "" for name, text in found.groupdict().items()}
    return PrintedPhone(_number(parts, area), dialled)


def _number(parts: dict[str, str], area: str) -> str:
    """As it is shown: 0431-80001234, 400-800-1234, 13900001111, 110."""
    if local := parts["local"] or parts["rest"]:
        return f"{parts['area'] or '0' + parts['noughtless']}-{local}"
    if service := parts["service"]:
        return f"{service[:3]}-{service[3:6]}-{service[6:]}"
    if bare := parts["bare"]:
        return f"{area}-{bare}" if area else bare
    return parts["mobile"] or parts["short"]


def _with_their_words(segment: _Segment) -> list[PrintedPhone]:
    """The numbers of a segment. Words that open it are labels of what follows, others of what precedes."""
    labels = bool(segment) and isinstance(segment[0], _Words)
    read: list[PrintedPhone] = []
    before: list[str] = []
    for piece in segment:
        if isinstance(piece, PrintedPhone):
            read.append(_remarked(piece, before))
            before = []
        elif read and (piece.aside or not labels):
            read[-1] = _remarked(read[-1], [piece.text])
        else:
            before.append(piece.text)
    if read and before:
        read[-1] = _remarked(read[-1], before)
    return read


def _without_number(segment: _Segment, phones: list[PrintedPhone]) -> list[str]:
    """Words alone: in parentheses they tell of the number before, others are the cell's."""
    words = [piece for piece in segment if isinstance(piece, _Words)]
    if phones:
        phones[-1] = _remarked(phones[-1], [each.text for each in words if each.aside])
    return [each.text for each in words if not (phones and each.aside)]


def _add(phone: PrintedPhone, phones: list[PrintedPhone]) -> None:
    """Each number once; what stood beside the second goes to the first."""
    for at, known in enumerate(phones):
        if (known.digits, known.extension) == (phone.digits, phone.extension):
            phones[at] = _remarked(known, [phone.remark])
            return
    phones.append(phone)


def _remarked(phone: PrintedPhone, words: Iterable[str]) -> PrintedPhone:
    remark = " ".join(dict.fromkeys(word for word in (phone.remark, *words) if word))
    return phone if remark == phone.remark else replace(phone, remark=remark)


def _settled(phone: PrintedPhone, loose: list[str]) -> PrintedPhone:
    """A remark that is an extension is one; one too long, or that would be read otherwise, is loose."""
    extension = _EXTENSION.fullmatch(f"({phone.remark})") if phone.remark else None
    if extension and not phone.extension:
        return replace(phone, extension=next(filter(None, extension.groups())), remark="")
    if not phone.remark or (len(phone.remark) <= LONGEST_REMARK and _reads_as_itself(phone)):
        return phone
    loose.append(phone.remark)
    return replace(phone, remark="")


def _reads_as_itself(phone: PrintedPhone) -> bool:
    return [_with_their_words(segment) for segment in _segments(_plain(str(phone)), "")] == [[phone]]
