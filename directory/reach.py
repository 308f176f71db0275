"""Who is mailed as a unit's desk and as its supervisors; unreachable is not silent."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole
from directory.queries import reachable


@dataclass(frozen=True)
class Recipient:
    """One address, and as whose contact it is mailed."""

    address: str
    name: str
    language: str
    unit_code: str
    contact_id: int | None = None


class Reach:
    """The people reachable by mail at some units, gathered with one statement."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._by_role: Mapping[tuple[str, ContactRole], list[Recipient]] = defaultdict(list)
        for contact in contacts:
            self._by_role[contact.unit_code, contact.role].append(recipient_of(contact))

    def desk(self, unit_code: str) -> tuple[Recipient, ...]:
        """The first of the desk in the order of calling; of the registrars where the unit has no desk."""
        return tuple((self._of(unit_code, ContactRole.DESK) or self._of(unit_code, ContactRole.REGISTRAR))[:1])

    def supervisors(self, unit_code: str) -> tuple[Recipient, ...]:
        """All supervisors; the leader where there is none."""
        return tuple(self._of(unit_code, ContactRole.SUPERVISOR) or self._of(unit_code, ContactRole.LEADER))

    def all_of_desk(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer for the desk, in the order of calling."""
        return (*self._of(unit_code, ContactRole.DESK), *self._of(unit_code, ContactRole.REGISTRAR))

    def all_supervisors(self, unit_code: str) -> tuple[Recipient, ...]:
        """Everybody who may answer as supervisor, in the order of calling."""
        return (*self._of(unit_code, ContactRole.SUPERVISOR), *self._of(unit_code, ContactRole.LEADER))

    def _of(self, unit_code: str, role: ContactRole) -> list[Recipient]:
        return self._by_role.get((unit_code, role), [])


def reach(session: Session, unit_codes: Collection[str]) -> Reach:
    """Who can be reached at these units: contacts with an address that neither bounces nor is retired or disowned."""
    return Reach(session.scalars(reachable(set(unit_codes))))


def recipient_of(contact: Contact) -> Recipient:
    """The contact as who is mailed; with an empty address if it has none."""
    return Recipient(contact.email or "", contact.name, contact.language, contact.unit_code, contact.id)
