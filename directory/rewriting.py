"""Rows of the directory written many at a time: a function for each kind of change, and what it takes to undo it.

An entry of the journal is `{table, key, before, after}`: the columns that were touched, `before` None for a row that is
new. Nothing here commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from directory.actions import move_unit
from directory.batched import batched
from directory.models import Contact, ContactState, Locality, Phone, Unit, UnitAncestor
from directory.phones import PrintedPhone
from directory.pouring import pour
from directory.sheets.facts import ContactFacts, PlaceFacts, UnitFacts
from directory.sheets.unit_fields import NAMES_APART

Values = dict[str, Any]
Entry = dict[str, Any]
UNIT, CONTACT = "unit", "contact"
ABOUT_THE_ADDRESS = ("verified_at", "delivered_at", "bounced_at", "answered_at", "disowned_at")
"What is known of a contact holds for its address: with another one it is unconfirmed again."
KEYS_AT_A_TIME = 5_000
UNSEEN = {"synchronize_session": False}
"The session's own objects are not looked through for those that a statement touches."


def insert_units(
    session: Session, units: Sequence[UnitFacts], places: Mapping[str, PlaceFacts], on: date
) -> list[Entry]:
    """Enter units, each after the one above it, in service from a day."""
    if not units:
        return []
    _insert_places(session, {unit.locality_code for unit in units}, places)
    rows = [unit_values(unit) for unit in units]
    pour(session, Unit, [row | {"code": unit.code} for unit, row in zip(units, rows, strict=True)], in_service_from=on)
    pour(session, UnitAncestor, _ancestors(session, units))
    return [
        {"table": UNIT, "key": unit.code, "before": None, "after": row} for unit, row in zip(units, rows, strict=True)
    ]


def change_units(session: Session, changed: Sequence[tuple[UnitFacts, UnitFacts]]) -> list[Entry]:
    """Write the columns that differ; a unit under another parent takes all below it along."""
    entries: list[Entry] = []
    for before, after in changed:
        old, new = _differing(unit_values(before), unit_values(after))
        entries.append({"table": UNIT, "key": after.code, "before": old, "after": new})
    set_units(session, [(entry["key"], entry["after"]) for entry in entries])
    return entries


def set_units(session: Session, values: Sequence[tuple[str, Values]]) -> None:
    """Set columns of units, then the parents of those that have another."""
    plain = [(code, {name: one for name, one in row.items() if name != "parent_code"}) for code, row in values]
    _set(session, Unit, [{"code": code, **row} for code, row in plain if row])
    for code, row in values:
        if "parent_code" in row:
            parent = session.get_one(Unit, row["parent_code"]) if row["parent_code"] else None
            move_unit(session, session.get_one(Unit, code), parent)


def insert_contacts(session: Session, contacts: Sequence[ContactFacts]) -> list[Entry]:
    """Enter contacts with their phones, unconfirmed."""
    if not contacts:
        return []
    rows = [contact_values(contact) | {"unit_code": contact.unit_code} for contact in contacts]
    keys = _free_keys(session, len(rows))
    pour(session, Contact, [row | {"id": key} for key, row in zip(keys, rows, strict=True)])
    insert_phones(session, [(key, contact.phones) for key, contact in zip(keys, contacts, strict=True)])
    return [
        {"table": CONTACT, "key": key, "before": None, "after": row | {"phones": phone_values(contact.phones)}}
        for key, row, contact in zip(keys, rows, contacts, strict=True)
    ]


def _free_keys(session: Session, number: int) -> Sequence[int]:
    """Ids for so many contacts, in order, as the database would give them: on SQLite nobody else writes meanwhile."""
    if session.connection().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(Contact.__tablename__, Contact.id.name)
        return session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, number))).all()
    last = session.scalar(select(func.max(Contact.id))) or 0
    return range(last + 1, last + 1 + number)


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
    _set(session, Contact, [{"id": key, **row} for key, row in columns if row])
    phones = [(key, [PrintedPhone(*one) for one in row["phones"]]) for key, row in values if "phones" in row]
    for some in batched(phones, KEYS_AT_A_TIME):
        former = [key for key, _listed in some]
        session.execute(delete(Phone).where(Phone.contact_id.in_(former)), execution_options=UNSEEN)
    insert_phones(session, phones)


def _set(session: Session, model: type[Unit | Contact], rows: list[Values]) -> None:
    """Set columns of the rows of these keys: a statement for all in which the same columns are set.

    What the session holds of them is read again.
    """
    session.flush()
    rows.sort(key=list)
    if rows:
        session.execute(update(model), rows, execution_options=UNSEEN)
        session.expire_all()


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
    pour(session, Phone, rows)


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
    pour(session, Locality, rows)


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
