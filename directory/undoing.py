"""An import taken back: every row as it was before, unless something newer has touched one of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from directory.batched import batched
from directory.chronicle import backwards, chronicle
from directory.importing import ImportStateError, seen, unpacked
from directory.imports import ImportRecord, ImportState
from directory.indexing import refresh_lookup_terms
from directory.models import Contact, Correction, LookupTerm, Unit
from directory.rewriting import (
    ABOUT_THE_ADDRESS,
    CONTACT,
    KEYS_AT_A_TIME,
    UNIT,
    Entry,
    Values,
    set_contacts,
    set_units,
    standing,
)


class TouchedSinceError(ValueError):
    """Rows of an import have been changed or used since: `units` are the codes of their units."""

    def __init__(self, units: Sequence[str]) -> None:
        super().__init__(f"changed or used since: {', '.join(units[:10])}")
        self.units = list(units)


def undo(session: Session, record: ImportRecord, by: str, at: datetime) -> int:
    """Put back what the import changed, take out what it brought; answers how many rows. TouchedSinceError."""
    if record.state is not ImportState.APPLIED:
        raise ImportStateError(record.state)
    entries = unpacked(record.journal)
    session.flush()
    session.expire_all()
    if touched := sorted({*_touched_units(session, entries), *_touched_contacts(session, entries)}):
        raise TouchedSinceError(touched)
    _put_back(session, entries)
    chronicle(session, backwards(entries), at, by, record.name)
    record.state, record.undone_by, record.undone_at = ImportState.UNDONE, by[:120], at
    session.flush()
    return len(entries)


def _put_back(session: Session, entries: Sequence[Entry]) -> None:
    new_units = [entry["key"] for entry in entries if entry["table"] == UNIT and entry["before"] is None]
    below = seen(session, entries)
    contacts = _of(entries, CONTACT)
    owners = _units_of_contacts(session, [entry["key"] for entry in contacts])
    _remove_contacts(session, [entry["key"] for entry in contacts if entry["before"] is None])
    set_contacts(session, [(entry["key"], entry["before"]) for entry in contacts if entry["before"]])
    session.expire_all()
    set_units(session, [(entry["key"], entry["before"]) for entry in reversed(_of(entries, UNIT)) if entry["before"]])
    _remove_units(session, new_units)
    session.expire_all()
    refresh_lookup_terms(session, (below | owners | seen(session, entries)) - set(new_units))


def _of(entries: Sequence[Entry], table: str) -> list[Entry]:
    return [entry for entry in entries if entry["table"] == table]


def _remove_contacts(session: Session, keys: Sequence[int]) -> None:
    for some in batched(keys, KEYS_AT_A_TIME):
        session.execute(delete(Contact).where(Contact.id.in_(some)))


def _remove_units(session: Session, codes: Sequence[str]) -> None:
    """Units that the import brought, those below first; TouchedSinceError if one of them is in use."""
    try:
        with session.begin_nested():
            for some in batched(list(reversed(codes)), KEYS_AT_A_TIME):
                session.execute(delete(LookupTerm).where(LookupTerm.unit_code.in_(some)))
                session.execute(delete(Unit).where(Unit.code.in_(some)))
    except IntegrityError as error:
        raise TouchedSinceError(list(codes)) from error


def _touched_units(session: Session, entries: Sequence[Entry]) -> Iterator[str]:
    """Units that are not as the import left them, or that have been given contacts or corrections."""
    after = {entry["key"]: entry["after"] for entry in _of(entries, UNIT)}
    known: dict[str, Unit] = {}
    for some in batched(list(after), KEYS_AT_A_TIME):
        known |= {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.code.in_(some)))}
    yield from (code for code, values in after.items() if code not in known or not _is_still(known[code], values))
    brought = [entry["key"] for entry in _of(entries, UNIT) if entry["before"] is None]
    yield from _given_since(session, brought, {entry["key"] for entry in _of(entries, CONTACT)})


def _given_since(session: Session, brought: Sequence[str], contacts: set[int]) -> Iterator[str]:
    for some in batched(brought, KEYS_AT_A_TIME):
        listed = session.execute(select(Contact.id, Contact.unit_code).where(Contact.unit_code.in_(some)))
        yield from (code for key, code in listed if key not in contacts)
        yield from session.scalars(
            select(Unit.code).where(Unit.code.in_(some), exists().where(Correction.unit_code == Unit.code))
        )


def _touched_contacts(session: Session, entries: Sequence[Entry]) -> Iterator[str]:
    after = {entry["key"]: entry["after"] for entry in _of(entries, CONTACT)}
    for some in batched(list(after), KEYS_AT_A_TIME):
        statement = select(Contact).where(Contact.id.in_(some)).options(selectinload(Contact.phones))
        known = {contact.id: contact for contact in session.scalars(statement)}
        for key in some:
            contact = known.get(key)
            if contact is None:
                yield str(after[key].get("unit_code", "?"))
            elif not _contact_is_still(contact, after[key]):
                yield contact.unit_code


def _is_still(unit: Unit, values: Values) -> bool:
    return unit.closed_on is None and all(getattr(unit, name) == value for name, value in values.items())


def _contact_is_still(contact: Contact, values: Values) -> bool:
    now: Mapping[str, object] = standing(contact) | {
        "phones": [[phone.number, phone.extension, phone.remark] for phone in contact.phones]
    }
    known = {*ABOUT_THE_ADDRESS, "state", "phones"}
    return all((now[name] if name in known else getattr(contact, name)) == value for name, value in values.items())


def _units_of_contacts(session: Session, keys: Sequence[int]) -> set[str]:
    return {
        code
        for some in batched(keys, KEYS_AT_A_TIME)
        for code in session.scalars(select(Contact.unit_code).where(Contact.id.in_(some)))
    }
