"""The contacts as vCards, version 3.0 (RFC 2426), which every telephone and mail program reads."""

import re
from collections.abc import Iterator
from datetime import date

from directory.phones import PrintedPhone
from directory.sheets.facts import ContactFacts, Directory
from directory.sheets.people import ROLE_NAMES
from directory.sheets.table import Branch, branches

LONGEST_LINE = 75
"octets, the line break not counted: RFC 2425, section 5.8.1"
_ESCAPED = {"\\": "\\\\", "\n": "\\n", "\r": "", ",": "\\,", ";": "\\;"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def write_vcards(directory: Directory, top: str | None = None, _on: date | None = None) -> bytes:
    """A card for each contact; one for a unit that has none."""
    return "".join(
        f"{_folded(line)}\r\n"
        for branch in branches(directory, top)
        for contact in branch.contacts or (None,)
        for line in _card(branch, directory.path(branch.unit.code), contact)
    ).encode()


def _card(branch: Branch, path: list[str], contact: ContactFacts | None) -> Iterator[str]:
    unit = branch.unit
    name = contact.name if contact and contact.name else unit.name
    yield from ("BEGIN:VCARD", "VERSION:3.0")
    yield f"N:{_text(name)};;;;"
    yield f"FN:{_text(f'{name}（{unit.name}）' if name != unit.name else name)}"
    yield f"ORG:{';'.join(map(_text, path))}"
    yield f"UID:urn:duijie:{f'contact:{contact.id}' if contact else f'unit:{unit.code}'}"
    if unit.address:
        yield f"ADR;TYPE=WORK:;;{_text(unit.address)};{_text(branch.county or branch.prefecture)};;;中国"
    if contact is not None:
        yield from _lines_of(contact)
    elif unit.public_phone:
        yield f"TEL;TYPE=WORK:{_text(unit.public_phone)}"
    yield "END:VCARD"


def _lines_of(contact: ContactFacts) -> Iterator[str]:
    yield f"ROLE:{_text(ROLE_NAMES[contact.role])}"
    if contact.post:
        yield f"TITLE:{_text(contact.post)}"
    for phone in contact.phones:
        yield f"TEL;TYPE={'CELL' if _is_mobile(phone) else 'WORK'}:{_text(_dialled(phone))}"
    if contact.email:
        yield f"EMAIL;TYPE=INTERNET:{_text(contact.email)}"
    if note := "；".join(_notes(contact)):
        yield f"NOTE:{_text(note)}"


def _is_mobile(phone: PrintedPhone) -> bool:
    return len(phone.digits) == 11 and phone.digits.startswith("1")


def _dialled(phone: PrintedPhone) -> str:
    """A pause before the extension, as telephones dial it."""
    return f"{phone.number},{phone.extension}" if phone.extension else phone.number


def _notes(contact: ContactFacts) -> Iterator[str]:
    yield from (f"{phone.number}：{phone.remark}" for phone in contact.phones if phone.remark)
    if contact.remark:
        yield contact.remark


def _text(value: str) -> str:
    """A text value, escaped; it cannot end its line."""
    return "".join(_ESCAPED.get(character, character) for character in _CONTROL.sub(" ", value))


def _folded(line: str) -> str:
    """A long line in several, each but the first beginning with a blank; no character is cut in two."""
    parts, part, room = [], "", LONGEST_LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append(part)
            part, room = "", LONGEST_LINE - 1
        part, room = part + character, room - size
    return "\r\n ".join([*parts, part])
