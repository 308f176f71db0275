"""Rows of the directory written many at a time: a function for each kind of change, and what it takes to undo it.

An entry of the journal is `{table, key, before, after}`: the columns that were touched, `before` None for a row that is
new. Nothing here commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from directory.actions import move_unit
from directory.models import Contact, ContactState, Locality, Phone, Unit, UnitAncestor
from directory.phones import PrintedPhone
from directory.sheets.facts import ContactFacts, PlaceFacts, UnitFacts
from directory.sheets.unit_fields import NAMES_APART

Values = dict[str, Any]
Entry = dict[str, Any]
UNIT, CONTACT = "unit", "contact"
ABOUT_THE_ADDRESS = ("verified_at", "delivered_at", "bounced_at", "answered_at", "disowned_at")
"What is known of a contact holds for its address: with another one it is unconfirmed again."


def insert_units(
    session: Session, units: Sequence[UnitFacts], places: Mapping[str, PlaceFacts], on: date
) -> list[Entry]:
    """Enter units, each after the one above it, in service from a day."""
    if not units:
        return []
    _insert_places(session, {unit.locality_code for unit in units}, places)
    rows = [unit_values(unit) | {"code": unit.code, "in_service_from": on} for unit in units]
    session.execute(insert(Unit), rows)
    session.execute(insert(UnitAncestor), _ancestors(session, units))
    return [{"table": UNIT, "key": unit.code, "before": None, "after": unit_values(unit)} for unit in units]


def change_units(session: Session, changed: Sequence[tuple[UnitFacts, UnitFacts]]) -> list[Entry]:
    """Write the columns that differ; a unit under another parent takes all below it along."""
    entries = []
    for before, after in changed:
        old, new = _differing(unit_values(before), unit_values(after))
        set_unit(session, after.code, new)
        entries.append({"table": UNIT, "key": after.code, "before": old, "after": new})
    return entries


def set_unit(session: Session, code: str, values: Values) -> None:
    """Set columns of a unit, its parent among them."""
    unit = session.get_one(Unit, code)
    for name, value in values.items():
        if name != "parent_code":
            setattr(unit, name, value)
    session.flush()
    if "parent_code" in values:
        parent = session.get_one(Unit, values["parent_code"]) if values["parent_code"] else None
        move_unit(session, unit, parent)


def insert_contacts(session: Session, contacts: Sequence[ContactFacts]) -> list[Entry]:
    """Enter contacts with their phones, unconfirmed."""
    if not contacts:
        return []
    rows = [contact_values(contact) | {"unit_code": contact.unit_code} for contact in contacts]
    made = insert(Contact).returning(Contact.id, sort_by_parameter_order=True)
    keys = session.scalars(made, rows).all()
    insert_phones(session, [(key, contact.phones) for key, contact in zip(keys, contacts, strict=True)])
    return [
        {"table": CONTACT, "key": key, "before": None, "after": row | {"phones": phone_values(contact.phones)}}
        for key, row, contact in zip(keys, rows, contacts, strict=True)
    ]


def change_contacts(session: Session, changed: Sequence[tuple[ContactFacts, ContactFacts]]) -> list[Entry]:
    """Write the columns that differ; another address is unconfirmed again."""
    known = _standing(session, [before.id for before, after in changed if before.email != after.email])
    entries: list[Entry] = []
    for before, after in changed:
        old, new = _differing(contact_values(before), contact_values(after))
        if "email" in new:
            old |= known[before.id or 0]
            new |= {"state": ContactState.UNCONFIRMED.value} | dict.fromkeys(ABOUT_THE_ADDRESS)
        if before.phones != after.phones:
            old, new = old | {"phones": phone_values(before.phones)}, new | {"phones": phone_values(after.phones)}
        entries.append({"table": CONTACT, "key": before.id, "before": old, "after": new})
    set_contacts(session, [(entry["key"], entry["after"]) for entry in entries])
    return entries


def set_contacts(session: Session, values: Sequence[tuple[int, Values]]) -> None:
    """Set columns of contacts, their phones among them."""
    columns = [(key, {name: _typed(name, one) for name, one in row.items() if name != "phones"}) for key, row in values]
    for key, row in columns:
        if row:
            session.execute(update(Contact).where(Contact.id == key).values(**row))
    phones = [(key, [PrintedPhone(*one) for one in row["phones"]]) for key, row in values if "phones" in row]
    for key, _listed in phones:
        session.execute(delete(Phone).where(Phone.contact_id == key))
    insert_phones(session, phones)


def insert_phones(session: Session, phones: Iterable[tuple[int, Sequence[PrintedPhone]]]) -> None:
    """Enter the phones of contacts, in their order."""
    rows = [
        {
            "contact_id": key,
            "position": position,
            "number": phone.number,
            "digits": phone.digits,
            "extension": phone.extension,
            "remark": phone.remark,
        }
        for key, listed in phones
        for position, phone in enumerate(listed, 1)
    ]
    if rows:
        session.execute(insert(Phone), rows)


def unit_values(unit: UnitFacts) -> Values:
    """The columns of a unit that a sheet can tell."""
    return {
        "name": unit.name,
        "kind": str(unit.kind),
        "parent_code": unit.parent_code,
        "locality_code": unit.locality_code,
        "former_names": NAMES_APART.join(unit.former_names),
        "address": unit.address,
        "public_phone": unit.public_phone,
        "remark": unit.remark,
    }


def contact_values(contact: ContactFacts) -> Values:
    """The columns of a contact that a sheet can tell, without its phones."""
    return {
        "role": str(contact.role),
        "rank": contact.rank,
        "name": contact.name,
        "post": contact.post,
        "email": contact.email or None,
        "remark": contact.remark,
    }


def phone_values(phones: Iterable[PrintedPhone]) -> list[list[str]]:
    """Phones as the journal keeps them."""
    return [[phone.number, phone.extension, phone.remark] for phone in phones]


def standing(contact: Contact) -> Values:
    """What is known of a contact's address, as the journal keeps it."""
    instants = {name: getattr(contact, name) for name in ABOUT_THE_ADDRESS}
    return {"state": contact.state.value} | {name: at.isoformat() if at else None for name, at in instants.items()}


def _standing(session: Session, keys: Sequence[int | None]) -> dict[int, Values]:
    return {contact.id: standing(contact) for contact in session.scalars(select(Contact).where(Contact.id.in_(keys)))}


def _typed(name: str, value: Any) -> Any:
    """A value of the journal as its column takes it."""
    is_instant = name in ABOUT_THE_ADDRESS and isinstance(value, str)
    return datetime.fromisoformat(value) if is_instant else value


def _differing(before: Values, after: Values) -> tuple[Values, Values]:
    names = [name for name in after if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def _insert_places(session: Session, codes: Iterable[str], places: Mapping[str, PlaceFacts]) -> None:
    """Enter the divisions that are not in the database yet, with those around them, the widest first."""
    wanted: set[str] = set()
    for each in codes:
        code: str | None = each
        while code is not None and code in places and code not in wanted:
            wanted.add(code)
            code = places[code].parent_code
    known = set(session.scalars(select(Locality.code)))
    rows = [
        {"code": code, "name": places[code].name, "level": places[code].level, "parent_code": places[code].parent_code}
        for code in sorted(wanted - known, key=len)
    ]
    if rows:
        session.execute(insert(Locality), rows)


def _ancestors(session: Session, units: Sequence[UnitFacts]) -> list[Values]:
    """Each new unit with itself and all above it."""
    new = {unit.code for unit in units}
    outside = {unit.parent_code for unit in units if unit.parent_code and unit.parent_code not in new}
    chains: dict[str, list[str]] = {code: [] for code in outside}
    above = select(UnitAncestor.unit_code, UnitAncestor.ancestor_code).order_by(UnitAncestor.distance)
    for code, ancestor in session.execute(above.where(UnitAncestor.unit_code.in_(outside))):
        chains[code].append(ancestor)
    for unit in units:
        chains[unit.code] = [unit.code, *chains.get(unit.parent_code or "", [])]
    return [
        {"unit_code": unit.code, "ancestor_code": ancestor, "distance": distance}
        for unit in units
        for distance, ancestor in enumerate(chains[unit.code])
    ]
