"""The directory as plain values, for a plan or for a sheet: few statements, whatever its size."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import CompoundSelect, Select, select
from sqlalchemy.orm import Session

from directory.divisions import divisions, telephone_areas
from directory.models import Contact, ContactState, Locality, Phone, Unit, UnitAncestor
from directory.phones import PrintedPhone
from directory.sheets.facts import ContactFacts, Directory, PlaceFacts, UnitFacts
from directory.sheets.unit_fields import NAMES_APART

ROWS_AT_A_TIME = 10_000
Codes = Select[Any] | CompoundSelect[Any]


def gather(session: Session) -> Directory:
    """All of the directory, closed units and retired contacts included."""
    session.flush()
    return Directory(
        units={unit.code: unit for unit in _units(session)},
        contacts=_contacts(session, None),
        places=places(session),
        areas={code: area.code for code, area in telephone_areas().items()},
    )


def gather_subtree(session: Session, top: str | None) -> Directory:
    """What an export shows: the units in service of a subtree (None: all) with those above them, and their contacts."""
    session.flush()
    below = select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == top)
    above = select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code == top)
    shown = _units(session, None if top is None else below.union(above))
    units = {unit.code: unit for unit in shown if not unit.closed}
    return Directory(units=units, contacts=_contacts(session, None if top is None else below), places=places(session))


def places(session: Session) -> dict[str, PlaceFacts]:
    """The divisions that ship, and those of the database."""
    shipped = {
        code: PlaceFacts(code, division.name, division.level, division.parent_code)
        for code, division in divisions().items()
    }
    listed = session.execute(select(Locality.code, Locality.name, Locality.level, Locality.parent_code))
    return shipped | {code: PlaceFacts(code, name, level, parent) for code, name, level, parent in listed}


def _units(session: Session, codes: Codes | None = None) -> Iterator[UnitFacts]:
    statement = select(
        Unit.code, Unit.name, Unit.kind, Unit.parent_code, Unit.locality_code, Unit.former_names, Unit.address,
        Unit.public_phone, Unit.remark, Unit.closed_on, Unit.successor_code,
    ).order_by(Unit.code)  # fmt: skip
    asked = statement if codes is None else statement.where(Unit.code.in_(codes))
    for row in session.execute(asked, execution_options={"yield_per": ROWS_AT_A_TIME}):
        code, name, kind, parent, locality, former, address, phone, remark, closed_on, successor = row
        names = tuple(filter(None, former.split(NAMES_APART)))
        yield UnitFacts(
            code, name, kind, parent, locality, names, address, phone, remark, closed_on is not None, successor
        )


def _contacts(session: Session, codes: Codes | None) -> dict[str, tuple[ContactFacts, ...]]:
    phones = _phones(session, codes)
    statement = select(
        Contact.id, Contact.unit_code, Contact.role, Contact.rank, Contact.name, Contact.post, Contact.email,
        Contact.remark, Contact.state,
    ).order_by(Contact.unit_code, Contact.role, Contact.rank, Contact.id)  # fmt: skip
    found: dict[str, list[ContactFacts]] = defaultdict(list)
    asked = statement if codes is None else statement.where(Contact.unit_code.in_(codes))
    for row in session.execute(asked, execution_options={"yield_per": ROWS_AT_A_TIME}):
        key, code, role, rank, name, post, email, remark, state = row
        retired = state is ContactState.RETIRED
        numbers = tuple(phones.get(key, ()))
        found[code].append(ContactFacts(key, code, role, rank, name, post, email or "", remark, numbers, retired))
    return {code: tuple(listed) for code, listed in found.items()}


def _phones(session: Session, codes: Codes | None) -> dict[int, list[PrintedPhone]]:
    statement = select(Phone.contact_id, Phone.number, Phone.extension, Phone.remark)
    if codes is not None:
        statement = statement.join(Contact, Contact.id == Phone.contact_id).where(Contact.unit_code.in_(codes))
    phones: dict[int, list[PrintedPhone]] = defaultdict(list)
    asked = statement.order_by(Phone.contact_id, Phone.position)
    for key, number, extension, remark in session.execute(asked, execution_options={"yield_per": ROWS_AT_A_TIME}):
        phones[key].append(PrintedPhone(number, extension, remark))
    return phones
