"""Who is mailed as a unit's desk and as its supervisors, deputies for those who are away; unreachable is not silent."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from directory.calendars import calendar_of, load_calendars
from directory.duty import who_answers
from directory.edition import once
from directory.models import Contact, ContactRole
from directory.queries import CODES, FEW, is_reachable, reachable
from directory.upkeep import Absence, DutyShift
from directory.working_time import WorkingCalendar


@dataclass(frozen=True)
class Recipient:
    """One address, and as whose contact it is mailed."""

    address: str
    name: str
    language: str
    unit_code: str
    contact_id: int | None = None


@dataclass(frozen=True)
class Away:
    """An absence as the rule takes it, which outlives the session that loaded it."""

    contact_id: int
    begins_at: datetime
    ends_at: datetime
    deputy_contact_id: int | None


class Reach:
    """The people reachable by mail at some units, and who of them is away when."""

    def __init__(self, contacts: Iterable[Any], absences: Sequence[Absence] = ()) -> None:
        self._by_role: Mapping[tuple[str, ContactRole], list[Recipient]] = defaultdict(list)
        for contact in contacts:
            self._by_role[contact.unit_code, contact.role].append(recipient_of(contact))
        self._absences = [
            Away(each.contact_id, each.begins_at, each.ends_at, each.deputy_contact_id) for each in absences
        ]
        self._deputies = {
            absence.deputy.id: recipient_of(absence.deputy)
            for absence in absences
            if absence.deputy and is_reachable(absence.deputy)
        }

    def desk(self, unit_code: str, at: datetime | None = None, *, own: bool = False) -> tuple[Recipient, ...]:
        """The first of the desk in the order of calling; of the registrars where the unit has no desk.

        `own`: only people of the unit itself, no deputy from elsewhere.
        """
        desk = self._of(unit_code, ContactRole.DESK) or self._of(unit_code, ContactRole.REGISTRAR)
        return tuple(self._there(desk, at, own=own)[:1])

    def supervisors(self, unit_code: str, at: datetime | None = None, *, own: bool = False) -> tuple[Recipient, ...]:
        """All supervisors; the leader where there is none. `own` as for the desk."""
        found = self._of(unit_code, ContactRole.SUPERVISOR) or self._of(unit_code, ContactRole.LEADER)
        return tuple(self._there(found, at, own=own))

    def all_of_desk(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer for the desk, in the order of calling."""
        return (*self._of(unit_code, ContactRole.DESK), *self._of(unit_code, ContactRole.REGISTRAR))

    def all_supervisors(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer as supervisor, in the order of calling."""
        return (*self._of(unit_code, ContactRole.SUPERVISOR), *self._of(unit_code, ContactRole.LEADER))

    def _of(self, unit_code: str, role: ContactRole) -> list[Recipient]:
        return self._by_role.get((unit_code, role), [])

    def _there(self, recipients: list[Recipient], at: datetime | None, *, own: bool) -> list[Recipient]:
        """At `at`, the deputies of those who are away; a deputy from elsewhere is mailed as of this unit."""
        if at is None or not self._absences:
            return recipients
        by_id = {recipient.contact_id or 0: recipient for recipient in recipients}
        homes = {recipient.unit_code for recipient in recipients}
        deputies = {key: one for key, one in self._deputies.items() if not own or one.unit_code in homes}
        known = {**deputies, **by_id}
        answers = who_answers(list(by_id), (), self._absences, at, there=known)
        return [replace(known[one.contact_id], unit_code=recipients[0].unit_code) for one in answers]


def reach(session: Session, unit_codes: Collection[str], at: datetime | None = None) -> Reach:
    """Who can be reached at these units: contacts with an address that neither bounces nor is retired or disowned.

    With `at`, who is away from then on is known as well: one statement more, for each edition of the directory.
    """
    codes = sorted(set(unit_codes))
    if len(codes) > FEW:
        return _reach(session, codes, at)
    since, known = once(session, ("reach", at is None, *codes), lambda: (at, _reach(session, codes, at)))
    return _reach(session, codes, at) if at and since and at < since else known


def _reach(session: Session, codes: Sequence[str], at: datetime | None) -> Reach:
    absences = session.scalars(_ABSENCES, {"codes": codes, "at": at}).all() if at else ()
    return Reach(session.execute(_REACHABLE, {"codes": codes}).all(), absences)


@dataclass(frozen=True)
class OnDuty:
    """Who is on duty at some units and when, for what cannot wait for their hours."""

    calendars: Mapping[str, WorkingCalendar] = field(default_factory=dict)
    shifts: Mapping[str, Sequence[tuple[datetime, datetime, Recipient]]] = field(default_factory=dict)

    def of(self, unit_code: str, at: datetime) -> tuple[Recipient, ...]:
        """Those on duty at a unit at that instant; nobody within its hours, when the usual people are there."""
        calendar = self.calendars.get(unit_code)
        if calendar is None or calendar.is_open(at):
            return ()
        return tuple(who for begins, ends, who in self.shifts.get(unit_code, ()) if begins <= at < ends)


def on_duty(session: Session, unit_codes: Collection[str], at: datetime) -> OnDuty:
    """The duty shifts of these units that have not ended at `at`, of people who can be reached by mail."""
    load_calendars(session, unit_codes)
    shifts: dict[str, list[tuple[datetime, datetime, Recipient]]] = defaultdict(list)
    listed = select(DutyShift).where(DutyShift.unit_code.in_(unit_codes), DutyShift.ends_at > at)
    for shift in session.scalars(listed.options(joinedload(DutyShift.contact)).order_by(DutyShift.begins_at)):
        if is_reachable(shift.contact):
            who = replace(recipient_of(shift.contact), unit_code=shift.unit_code)
            shifts[shift.unit_code].append((shift.begins_at, shift.ends_at, who))
    return OnDuty({code: calendar_of(session, code) for code in unit_codes}, shifts)


def absences_from(unit_codes: Collection[str], at: datetime) -> Select[Absence]:
    """The absences, present and to come, of the contacts of these units and of deputies, with the deputies at hand."""
    other = aliased(Absence)
    deputies = select(other.deputy_contact_id).where(other.deputy_contact_id.is_not(None), other.ends_at > at)
    ours = select(Contact.id).where(Contact.unit_code.in_(unit_codes))
    return (
        select(Absence)
        .where(Absence.ends_at > at, or_(Absence.contact_id.in_(ours), Absence.contact_id.in_(deputies)))
        .options(joinedload(Absence.deputy))
        .order_by(Absence.begins_at, Absence.id)
    )


def recipient_of(contact: Contact | Row[Any]) -> Recipient:
    """The contact as who is mailed; with an empty address if it has none."""
    return Recipient(contact.email or "", contact.name, contact.language, contact.unit_code, contact.id)


_ANYWHERE: Any = CODES
_SOME_TIME: Any = bindparam("at", type_=Absence.ends_at.type)
_ABSENCES = absences_from(_ANYWHERE, _SOME_TIME)
_REACHABLE = reachable(_ANYWHERE).with_only_columns(
    Contact.id, Contact.unit_code, Contact.role, Contact.email, Contact.name, Contact.language
)
"Built once; of a contact no more than who is mailed."
