"""Who is mailed at a rung: the desk for the urge, supervisors above it; unreachable is not silent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True)
class Recipients:
    """Who is asked to act, and who has a copy."""

    to: tuple[Recipient, ...] = ()
    copies: tuple[Recipient, ...] = ()

    @property
    def addresses(self) -> list[str]:
        return [recipient.address for recipient in self.to]

    @property
    def copied(self) -> list[str]:
        return [recipient.address for recipient in self.copies]


class Reach:
    """The people reachable by mail at some units, gathered with one statement."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._by_role: Mapping[tuple[str, ContactRole], list[Recipient]] = defaultdict(list)
        for contact in contacts:
            self._by_role[contact.unit_code, contact.role].append(_recipient(contact))

    def desk(self, unit_code: str) -> tuple[Recipient, ...]:
        """The first of the desk in the order of calling; of the registrars where the unit has no desk."""
        return tuple((self._of(unit_code, ContactRole.DESK) or self._of(unit_code, ContactRole.REGISTRAR))[:1])

    def supervisors(self, unit_code: str) -> tuple[Recipient, ...]:
        """All supervisors; the leader where there is none."""
        return tuple(self._of(unit_code, ContactRole.SUPERVISOR) or self._of(unit_code, ContactRole.LEADER))

    def at_rung(self, number: int, unit_code: str, assignee: Recipient | None = None) -> Recipients:
        """Who is mailed at a rung of that unit: at 0 the desk and who has the task, above it the supervisors."""
        if number == 0:
            return Recipients(_each_once([*self.desk(unit_code), *([assignee] if assignee else [])]))
        to = _each_once(self.supervisors(unit_code))
        desk = self.desk(unit_code) if number == 1 and to else ()
        return Recipients(to, tuple(copy for copy in desk if copy.address not in {one.address for one in to}))

    def _of(self, unit_code: str, role: ContactRole) -> list[Recipient]:
        return self._by_role.get((unit_code, role), [])


def reach(session: Session, unit_codes: Iterable[str]) -> Reach:
    """Who can be reached at these units: contacts with an address that is neither bouncing nor retired."""
    return Reach(session.scalars(reachable(set(unit_codes))))


def _recipient(contact: Contact) -> Recipient:
    return Recipient(contact.email or "", contact.name, contact.language, contact.unit_code, contact.id)


def _each_once(recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Without those whose address has been named before (compared as mail systems do, without regard to case)."""
    return tuple({recipient.address.casefold(): recipient for recipient in reversed(recipients)}.values())[::-1]
