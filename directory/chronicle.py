"""What an import did, as lines of the history: many at a time, from the journal of what was written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.batched import batched
from directory.history import as_text
from directory.models import Contact
from directory.pouring import pour
from directory.rewriting import CONTACT, Entry
from directory.upkeep import Change, Deed, Source

AT_A_TIME = 5_000
Subject = tuple[str, str]
"The code of a contact's unit, and the contact's name."


def chronicle(session: Session, entries: Sequence[Entry], at: datetime, by: str, why: str) -> None:
    """A line for each unit and contact that is new, and for each field that is another."""
    session.flush()
    people = _people(session, entries)
    lines = [line for entry in entries for line in _lines(entry, people)]
    pour(session, Change, lines, at=at, by=by[:120], by_officer_id=None, source=Source.IMPORT, why=why[:500])


def backwards(entries: Sequence[Entry]) -> list[Entry]:
    """What taking an import back changes; what it had brought is gone, and its lines with it."""
    return [entry | {"before": entry["after"], "after": entry["before"]} for entry in entries if entry["before"]]


def _lines(entry: Entry, people: Mapping[int, Subject]) -> Iterator[dict[str, Any]]:
    about = _about(entry, people)
    if entry["before"] is None:
        name = str(entry["after"].get("name", ""))
        yield about | {"deed": Deed.ADDED, "field": "", "before": "", "after": name}
        return
    for field, after in entry["after"].items():
        before = entry["before"].get(field)
        if before != after:
            yield about | {"deed": Deed.CHANGED, "field": field, "before": _text(before), "after": _text(after)}


def _about(entry: Entry, people: Mapping[int, Subject]) -> dict[str, Any]:
    if entry["table"] != CONTACT:
        return {"unit_code": entry["key"], "contact_id": None, "subject": ""}
    unit_code, name = people[entry["key"]]
    return {"unit_code": unit_code, "contact_id": entry["key"], "subject": name}


def _text(value: Any) -> str:
    """Phones as they are read: 0431-80001234 转8012（夜间）."""
    if not isinstance(value, list):
        return as_text(value)
    return "、".join(
        f"{number}{f' 转{extension}' if extension else ''}{f'（{remark}）' if remark else ''}"
        for number, extension, remark in value
    )


def _people(session: Session, entries: Sequence[Entry]) -> dict[int, Subject]:
    """Of those that are new the entry itself tells."""
    of_contacts = [entry for entry in entries if entry["table"] == CONTACT]
    new = [entry for entry in of_contacts if entry["before"] is None]
    found = {entry["key"]: (entry["after"]["unit_code"], entry["after"]["name"]) for entry in new}
    keys = [entry["key"] for entry in of_contacts if entry["key"] not in found]
    for some in batched(keys, AT_A_TIME):
        named = select(Contact.id, Contact.unit_code, Contact.name)
        rows = session.execute(named.where(Contact.id.in_(some)))
        found |= {key: (unit_code, name) for key, unit_code, name in rows}
    return found
