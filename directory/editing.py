"""Changing units and contacts by hand: checked, kept in the history, found by the look-up at once.

The caller holds the unit (`locked_unit`). Nothing here commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from directory import actions, corrections
from directory.divisions import area_code
from directory.entries import LONGEST, Fault, WrongFieldsError, check_fields
from directory.freshness import ContactState, assess
from directory.history import By, note, note_fields
from directory.indexing import NAMES_APART, refresh_lookup_terms
from directory.models import Contact, ContactRole, CorrectionKind, Phone, Unit
from directory.phones import PrintedPhone, as_read
from directory.queries import subtree_codes
from directory.upkeep import Deed

UNIT_FIELDS = frozenset({"name", "former_names", "address", "public_phone", "in_service_from", "mail_on_arrival"})
CONTACT_FIELDS = frozenset({"role", "rank", "name", "post", "email", "language", "remark"})
FOUND_BY = frozenset({"name", "former_names", "address", "public_phone"})
ADDRESS_FACTS = ("verified_at", "delivered_at", "bounced_at", "answered_at", "disowned_at")
"What is known of an address, and says nothing of another one."


def change_unit(
    session: Session, unit: Unit, values: Mapping[str, Any], at: datetime, by: By, why: str = ""
) -> list[str]:
    """Give the unit these values; a name it had before becomes a former name. The names of the fields that changed.

    WrongFieldsError where something cannot be entered so.
    """
    given = _cleaned({field: value for field, value in values.items() if field in UNIT_FIELDS})
    if given.get("name", unit.name) != unit.name:
        given["former_names"] = _with_former_name(given.get("former_names", unit.former_names), unit.name)
    check_fields(given, frozenset({"name"} & given.keys()), longest={**LONGEST, "name": LONGEST["unit_name"]})
    changed = note_fields(session, unit, given, at, by, why)
    if FOUND_BY.intersection(changed):
        below = session.scalars(subtree_codes(unit.code)).all() if "name" in changed else [unit.code]
        refresh_lookup_terms(session, below)
    return changed


def enter_contact(
    session: Session, contact: Contact, phones: Sequence[PrintedPhone], at: datetime, by: By, why: str = ""
) -> Contact:
    """A new contact of the unit, the last in the order of calling of its role; unconfirmed until somebody confirms it.

    WrongFieldsError where something cannot be entered so; ClosedUnitError if the unit is closed.
    """
    given = _cleaned({field: getattr(contact, field) for field in CONTACT_FIELDS - {"role", "rank", "language"}})
    area = _area(session, contact.unit_code)
    read = [as_read(phone, area) for phone in phones]
    _check_contact({**given, "role": contact.role}, read)
    for field, value in given.items():
        setattr(contact, field, value)
    if session.scalar(_same(contact)):
        raise WrongFieldsError({"name": Fault.THERE})
    contact.rank = _last_rank(session, contact.unit_code, contact.role) + 1
    contact.phones = _rows(read)
    actions.add_contact(session, contact)
    session.flush()
    note(session, contact, Deed.ADDED, at, by, after=_summary(contact), why=why)
    return contact


def change_contact(
    session: Session,
    contact: Contact,
    values: Mapping[str, Any],
    at: datetime,
    by: By,
    *,
    phones: Sequence[PrintedPhone] | None = None,
    why: str = "",
) -> list[str]:
    """Give the contact these values, and these phones instead of those it had. The names of the fields that changed.

    Another address is unconfirmed: what was known of the old one says nothing of it. WrongFieldsError,
    `actions.RetiredContactError`.
    """
    if contact.state is ContactState.RETIRED:
        raise actions.RetiredContactError(contact.id)
    given = _cleaned({field: value for field, value in values.items() if field in CONTACT_FIELDS})
    read = None if phones is None else _as_read(session, contact, phones)
    _check_contact(given, read or ())
    if given.get("role", contact.role) is not contact.role:
        given["rank"] = _last_rank(session, contact.unit_code, given["role"]) + 1
    changed = note_fields(session, contact, given, at, by, why)
    if "email" in changed:
        _forget_address(session, contact, at, by)
    if read is not None and _change_phones(session, contact, read, at, by, why):
        changed.append("phones")
    if changed:
        refresh_lookup_terms(session, [contact.unit_code])
    return changed


def retire_contact(session: Session, contact: Contact, at: datetime, by: By, why: str = "") -> None:
    """Take a contact out of use; it stays in the history. RetiredContactError if it was out of use."""
    actions.retire_contact(session, contact)
    note(session, contact, Deed.RETIRED, at, by, why=why)
    settle_doubts(session, contact, "retired", at, by)


def confirm_contacts(session: Session, contacts: Iterable[Contact], at: datetime, by: By) -> None:
    """Somebody who must know says that these are right as they stand: what was doubtful about them is settled."""
    for contact in contacts:
        if contact.state is ContactState.RETIRED:
            raise actions.RetiredContactError(contact.id)
        settle_doubts(session, contact, "kept", at, by)
        contact.verified_at, contact.disowned_at = at, None
        contact.state = assess(contact, at).state
        note(session, contact, Deed.CONFIRMED, at, by)


def reorder(session: Session, contacts: Sequence[Contact], at: datetime, by: By) -> None:
    """Call these, who are of one role at one unit, in this order from now on."""
    for rank, contact in enumerate(contacts, start=1):
        note_fields(session, contact, {"rank": rank}, at, by)


def move_contacts(session: Session, unit: Unit, successor: Unit, at: datetime, by: By) -> list[Contact]:
    """The contacts of a unit that is merged into another are called there from now on, after its own."""
    moved = [contact for contact in unit.contacts if contact.state is not ContactState.RETIRED]
    for contact in moved:
        note(session, contact, Deed.CHANGED, at, by, field="unit", before=unit.name, after=successor.name)
        contact.rank += _last_rank(session, successor.code, contact.role)
    for contact in moved:
        contact.unit_code = successor.code
    session.flush()
    session.expire(unit, ["contacts"])
    session.expire(successor, ["contacts"])
    refresh_lookup_terms(session, [unit.code, successor.code])
    return moved


def settle_doubts(session: Session, contact: Contact, outcome: str, at: datetime, by: By) -> None:
    """Settle the open corrections that a bounce or *No longer me* raised about the contact."""
    for kind in (CorrectionKind.BOUNCED, CorrectionKind.DISOWNED):
        for correction in session.scalars(corrections.open_of(contact.id, kind)).all():
            corrections.settle(session, correction, outcome, at, by.name)


def phones_of(contact: Contact) -> list[PrintedPhone]:
    """The contact's phones as they are entered."""
    return [PrintedPhone(phone.number, phone.extension, phone.remark) for phone in contact.phones]


def _check_contact(given: Mapping[str, Any], phones: Sequence[PrintedPhone]) -> None:
    check_fields(given, frozenset({"name", "role"} & given.keys()), phones)


def _as_read(session: Session, contact: Contact, phones: Sequence[PrintedPhone]) -> list[PrintedPhone]:
    """The phones as a sheet's cell would be read; those the contact has already stay as they are."""
    area, known = _area(session, contact.unit_code), phones_of(contact)
    return [phone if phone in known else as_read(phone, area) for phone in phones]


def _area(session: Session, unit_code: str) -> str:
    """The telephone area code of the unit's prefecture; nothing where there is none."""
    return area_code(session.scalar(select(Unit.locality_code).where(Unit.code == unit_code)) or "")


def _forget_address(session: Session, contact: Contact, at: datetime, by: By) -> None:
    settle_doubts(session, contact, "changed", at, by)
    for fact in ADDRESS_FACTS:
        setattr(contact, fact, None)
    contact.state = ContactState.UNCONFIRMED


def _change_phones(
    session: Session, contact: Contact, phones: Sequence[PrintedPhone], at: datetime, by: By, why: str
) -> bool:
    before, after = phones_of(contact), list(phones)
    if before == after:
        return False
    contact.phones = []
    session.flush()  # the old rows go before the new ones take their positions
    contact.phones = _rows(after)
    note(session, contact, Deed.CHANGED, at, by, field="phones", before=_listed(before), after=_listed(after), why=why)
    return True


def _rows(phones: Sequence[PrintedPhone]) -> list[Phone]:
    return [
        Phone(
            position=position,
            number=phone.number,
            digits="".join(filter(str.isdecimal, phone.number)),
            extension=phone.extension,
            remark=phone.remark,
        )
        for position, phone in enumerate(phones, start=1)
    ]


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts without white space around them and with plain line ends; no address is None."""
    cleaned = {
        field: value.replace("\r\n", "\n").strip() if isinstance(value, str) and type(value) is str else value
        for field, value in values.items()
    }
    if "email" in cleaned:
        cleaned["email"] = cleaned["email"] or None
    return {field: "" if value is None and field in {"post", "remark"} else value for field, value in cleaned.items()}


def _with_former_name(former_names: str, name: str) -> str:
    names = [each.strip() for each in former_names.split(NAMES_APART) if each.strip()]
    return NAMES_APART.join(dict.fromkeys([*names, name]))


def _same(contact: Contact) -> Select[int]:
    """The id of a contact in use that is the same person in the same role: a form sent twice enters one."""
    same = (getattr(Contact, field) == getattr(contact, field) for field in ("unit_code", "role", "name", "post"))
    return select(Contact.id).where(
        *same, Contact.email.is_not_distinct_from(contact.email), Contact.state != ContactState.RETIRED
    )


def _last_rank(session: Session, unit_code: str, role: ContactRole) -> int:
    ours = Contact.unit_code == unit_code, Contact.role == role, Contact.state != ContactState.RETIRED
    return session.scalar(select(func.max(Contact.rank)).where(*ours)) or 0


def _summary(contact: Contact) -> str:
    parts = contact.name, contact.post, contact.email or "", _listed(phones_of(contact))
    return " · ".join(part for part in parts if part)


def _listed(phones: Sequence[PrintedPhone]) -> str:
    return NAMES_APART.join(str(phone) for phone in phones)
