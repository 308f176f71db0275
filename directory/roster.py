"""Who is on duty and who is away: entered, ended, and asked who answers for a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from directory.calendars import TIMEZONE, count_anew
from directory.duty import Why, who_answers
from directory.entries import Fault, WrongFieldsError, check_fields
from directory.freshness import ContactState
from directory.history import By, note
from directory.models import Contact, ContactRole, Unit
from directory.presenting import in_calling_order
from directory.queries import is_reachable
from directory.reach import absences_from
from directory.upkeep import Absence, Deed, DutyShift
from directory.working_time import CHINA

LONGEST_SHIFT = timedelta(days=31)
LONGEST_ABSENCE = timedelta(days=366)


@dataclass(frozen=True)
class Answering:
    """Somebody who answers for a unit now, and why; `instead_of` is the contact who is away."""

    contact: Contact
    why: Why
    instead_of: Contact | None = None


def answering(session: Session, unit: Unit, at: datetime) -> list[Answering]:
    """Who answers for the unit at an instant, the first to be asked first."""
    order = [contact for contact in in_calling_order(unit.contacts) if contact.disowned_at is None]
    shifts = session.scalars(shifts_of(unit.code, at)).all()
    absences = session.scalars(absences_from([unit.code], at)).all()
    known = {contact.id: contact for contact in unit.contacts}
    known |= {shift.contact_id: shift.contact for shift in shifts}
    known |= {absence.deputy.id: absence.deputy for absence in absences if absence.deputy}
    there = {contact.id for contact in known.values() if is_reachable(contact) or contact.phones}
    on_duty = [shift for shift in shifts if shift.contact.state is not ContactState.RETIRED]
    answers = who_answers([contact.id for contact in order], on_duty, absences, at, there)
    return [Answering(known[one.contact_id], one.why, known.get(one.instead_of or 0)) for one in answers]


def add_shift(
    session: Session, contact: Contact, begins_at: datetime, ends_at: datetime, at: datetime, by: By, remark: str = ""
) -> DutyShift | None:
    """Put the contact on duty for its unit; None where that shift is there already. WrongFieldsError.

    Limits of urgent tickets that count its shifts are counted anew.
    """
    check_fields({"note": remark}, frozenset())
    _check_span(begins_at, ends_at, LONGEST_SHIFT)
    ours = DutyShift.contact_id == contact.id, DutyShift.begins_at == begins_at
    if session.scalar(select(DutyShift.id).where(DutyShift.unit_code == contact.unit_code, *ours)):
        return None
    shift = DutyShift(unit_code=contact.unit_code, contact_id=contact.id, begins_at=begins_at, ends_at=ends_at,
                      note=remark)  # fmt: skip
    session.add(shift)
    note(session, contact, Deed.ADDED, at, by, field="duty", after=_span(session, begins_at, ends_at))
    count_anew(session, contact.unit_code, contact.unit.name, at)
    return shift


def remove_shift(session: Session, shift: DutyShift, at: datetime, by: By) -> None:
    """Take somebody off the roster."""
    note(
        session,
        shift.contact,
        Deed.REMOVED,
        at,
        by,
        field="duty",
        before=_span(session, shift.begins_at, shift.ends_at),
    )
    session.delete(shift)
    count_anew(session, shift.unit_code, shift.contact.unit.name, at)


def enter_absence(
    session: Session,
    contact: Contact,
    begins_at: datetime,
    ends_at: datetime,
    deputy: Contact | None,
    at: datetime,
    by: By,
    why: str = "",
) -> Absence:
    """The contact is away; the deputy, who may be of another unit, stands in. WrongFieldsError."""
    check_fields({"why": why}, frozenset())
    _check_span(begins_at, ends_at, LONGEST_ABSENCE)
    if deputy is not None and deputy.id == contact.id:
        raise WrongFieldsError({"deputy": Fault.OWN_DEPUTY})
    same = Absence.contact_id == contact.id, Absence.begins_at == begins_at, Absence.ends_at == ends_at
    if session.scalar(select(Absence.id).where(*same)):
        raise WrongFieldsError({"contact": Fault.THERE})
    absence = Absence(contact_id=contact.id, begins_at=begins_at, ends_at=ends_at,
                      deputy_contact_id=deputy.id if deputy else None, why=why)  # fmt: skip
    session.add(absence)
    after = _span(session, begins_at, ends_at) + (f" · {deputy.name}" if deputy else "")
    note(session, contact, Deed.ADDED, at, by, field="absence", after=after, why=why)
    return absence


def end_absence(session: Session, absence: Absence, at: datetime, by: By) -> None:
    """The contact is back from now on; an absence that has not begun is taken back."""
    note(session, absence.contact, Deed.REMOVED, at, by, field="absence",
         before=_span(session, absence.begins_at, absence.ends_at))  # fmt: skip
    if absence.begins_at < at:
        absence.ends_at = min(at, absence.ends_at)
    else:
        session.delete(absence)


def shifts_of(unit_code: str, since: datetime) -> Select[DutyShift]:
    """The unit's shifts that have not ended by `since`, the next first."""
    return (
        select(DutyShift)
        .where(DutyShift.unit_code == unit_code, DutyShift.ends_at > since)
        .options(joinedload(DutyShift.contact).selectinload(Contact.phones))
        .order_by(DutyShift.begins_at, DutyShift.id)
    )


def absences_of(unit_code: str, since: datetime) -> Select[Absence]:
    """The absences of the unit's contacts that have not ended by `since`, the next first."""
    return (
        select(Absence)
        .join(Absence.contact)
        .where(Contact.unit_code == unit_code, Absence.ends_at > since)
        .options(joinedload(Absence.contact), joinedload(Absence.deputy).joinedload(Contact.unit))
        .order_by(Absence.begins_at, Absence.id)
    )


def possible_deputies(session: Session, unit: Unit) -> Sequence[Contact]:
    """Who may stand in for a contact of the unit: contacts of the unit, and supervisors and leaders directly above."""
    above = (Contact.unit_code == unit.parent_code) & Contact.role.in_((ContactRole.SUPERVISOR, ContactRole.LEADER))
    found = select(Contact).where((Contact.unit_code == unit.code) | above, Contact.state != ContactState.RETIRED)
    listed = session.scalars(found.options(joinedload(Contact.unit), selectinload(Contact.phones))).all()
    return sorted(in_calling_order(listed), key=lambda contact: contact.unit_code != unit.code)


def _check_span(begins_at: datetime, ends_at: datetime, longest: timedelta) -> None:
    if ends_at <= begins_at:
        raise WrongFieldsError({"ends": Fault.ENDS_FIRST})
    if ends_at - begins_at > longest:
        raise WrongFieldsError({"ends": Fault.TOO_FAR})


def _span(session: Session, begins_at: datetime, ends_at: datetime) -> str:
    zone = session.info.get(TIMEZONE, CHINA)
    return " – ".join(at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for at in (begins_at, ends_at))
