"""Who is mailed as a unit's desk and as its supervisors, deputies for those who are away; unreachable is not silent."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from directory.duty import who_answers
from directory.models import Contact, ContactRole
from directory.queries import is_reachable, reachable
from directory.upkeep import Absence


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

    def __init__(self, contacts: Iterable[Contact], absences: Sequence[Absence] = ()) -> None:
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

    def desk(self, unit_code: str, at: datetime | None = None) -> tuple[Recipient, ...]:
        """The first of the desk in the order of calling; of the registrars where the unit has no desk."""
        desk = self._of(unit_code, ContactRole.DESK) or self._of(unit_code, ContactRole.REGISTRAR)
        return tuple(self._there(desk, at)[:1])

    def supervisors(self, unit_code: str, at: datetime | None = None) -> tuple[Recipient, ...]:
        """All supervisors; the leader where there is none."""
        found = self._of(unit_code, ContactRole.SUPERVISOR) or self._of(unit_code, ContactRole.LEADER)
        return tuple(self._there(found, at))

    def all_of_desk(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer for the desk, in the order of calling."""
        return (*self._of(unit_code, ContactRole.DESK), *self._of(unit_code, ContactRole.REGISTRAR))

    def all_supervisors(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer as supervisor, in the order of calling."""
        return (*self._of(unit_code, ContactRole.SUPERVISOR), *self._of(unit_code, ContactRole.LEADER))

    def _of(self, unit_code: str, role: ContactRole) -> list[Recipient]:
        return self._by_role.get((unit_code, role), [])

    def _there(self, recipients: list[Recipient], at: datetime | None) -> list[Recipient]:
        """At `at`, the deputies of those who are away; a deputy from elsewhere is mailed as of this unit."""
        if at is None or not self._absences:
            return recipients
        by_id = {recipient.contact_id or 0: recipient for recipient in recipients}
        known = {**self._deputies, **by_id}
        answers = who_answers(list(by_id), (), self._absences, at, there=known)
        return [replace(known[one.contact_id], unit_code=recipients[0].unit_code) for one in answers]


def reach(session: Session, unit_codes: Collection[str], at: datetime | None = None) -> Reach:
    """Who can be reached at these units: contacts with an address that neither bounces nor is retired or disowned.

    With `at`, who is away from then on is known as well: one statement more.
    """
    absences = session.scalars(absences_from(set(unit_codes), at)).all() if at else ()
    return Reach(session.scalars(reachable(set(unit_codes))), absences)


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


def recipient_of(contact: Contact) -> Recipient:
    """The contact as who is mailed; with an empty address if it has none."""
    return Recipient(contact.email or "", contact.name, contact.language, contact.unit_code, contact.id)
