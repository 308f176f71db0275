"""What is wrong in the directory: rungs at which nobody is, contacts gone stale, bouncing, double, not to be dialled.

One statement for each kind of finding, for any number of units.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from directory.corrections import open_below
from directory.dialling import dialable
from directory.divisions import telephone_areas
from directory.freshness import STALE, ContactState
from directory.models import Contact, ContactRole, Correction, Phone, Unit, UnitAncestor
from directory.queries import UNREACHABLE, subtree_codes
from directory.upkeep import Change, Deed

DESK = (ContactRole.DESK, ContactRole.REGISTRAR)
COMMAND = (ContactRole.SUPERVISOR, ContactRole.LEADER)


class Rung(StrEnum):
    """What of a unit a ladder needs: the desk, which is urged, and the supervisors, who are told."""

    DESK = "desk"
    SUPERVISORS = "supervisors"


@dataclass(frozen=True)
class Silent:
    """A unit at which nobody is reachable on a rung; `ladders`: of how many units the ladder passes there."""

    unit: Unit
    rung: Rung
    ladders: int


@dataclass(frozen=True)
class Double:
    """Several contacts that share an address or a number."""

    shared: str
    contacts: tuple[Contact, ...]


@dataclass
class Findings:
    """Everything found at some units."""

    silent: list[Silent] = field(default_factory=list)
    unconfirmed: list[Contact] = field(default_factory=list)
    bouncing: list[Contact] = field(default_factory=list)
    double_emails: list[Double] = field(default_factory=list)
    double_phones: list[Double] = field(default_factory=list)
    undialable: list[Phone] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    @property
    def unconfirmed_units(self) -> list[tuple[Unit, int]]:
        """The units of the contacts not confirmed, each with how many: a table is confirmed as a whole."""
        counted: dict[str, tuple[Unit, int]] = {}
        for contact in self.unconfirmed:
            unit, before = counted.get(contact.unit_code, (contact.unit, 0))
            counted[contact.unit_code] = unit, before + 1
        return list(counted.values())

    @property
    def urgent(self) -> bool:
        """Whether something is found that loses mail or waits for a decision; what is only old can wait."""
        return bool(self.silent or self.bouncing or self.corrections or self.undialable)

    def within(self, codes: Collection[str]) -> "Findings":
        """What of it concerns these units."""
        return Findings(
            silent=[one for one in self.silent if one.unit.code in codes],
            unconfirmed=[one for one in self.unconfirmed if one.unit_code in codes],
            bouncing=[one for one in self.bouncing if one.unit_code in codes],
            double_emails=_within(self.double_emails, codes),
            double_phones=_within(self.double_phones, codes),
            undialable=[one for one in self.undialable if one.contact.unit_code in codes],
            corrections=[one for one in self.corrections if one.unit_code in codes],
        )


def check(session: Session, at: datetime, below: str | None = None) -> Findings:
    """What is wrong at a unit and all below it; in the whole directory, if none is given."""
    here = Contact.unit_code.in_(subtree_codes(below)) if below else true()
    return Findings(
        silent=_silent(session, below),
        unconfirmed=list(session.scalars(_listed(here).where(_unconfirmed(at)))),
        bouncing=list(session.scalars(_listed(here).where(Contact.state == ContactState.BOUNCING))),
        double_emails=_double_emails(session, here),
        double_phones=_double_phones(session, here),
        undialable=_undialable(session, here),
        corrections=_open(session, below),
    )


def _silent(session: Session, below: str | None) -> list[Silent]:
    """The units at which somebody must be, and is not: one statement counts the reachable, and the ladders."""
    passing = aliased(UnitAncestor)
    lower = aliased(Unit)
    ladders = (
        select(func.count())
        .select_from(passing)
        .join(lower, and_(lower.code == passing.unit_code, *_in_service(lower)))
        .where(passing.ancestor_code == Unit.code)
        .scalar_subquery()
    )
    statement = select(Unit, _somebody(DESK), _somebody(COMMAND), ladders).where(*_in_service(Unit))
    if below:
        statement = statement.where(Unit.code.in_(subtree_codes(below)))
    wanting = statement.where(~(_somebody(DESK) & _somebody(COMMAND))).options(joinedload(Unit.parent))
    found: list[Silent] = []
    for unit, desk, command, count in session.execute(wanting.order_by(Unit.code)):
        found += [] if command else [Silent(unit, Rung.SUPERVISORS, count)]
        found += [] if desk else [Silent(unit, Rung.DESK, 1)]
    return sorted(found, key=lambda one: -one.ladders)


def _somebody(roles: Collection[ContactRole]) -> ColumnElement[bool]:
    return exists().where(
        Contact.unit_code == Unit.code,
        Contact.role.in_(roles),
        Contact.email.is_not(None),
        Contact.state.not_in(UNREACHABLE),
        Contact.disowned_at.is_(None),
    )


def _in_service(unit: type[Unit]) -> tuple[ColumnElement[bool], ...]:
    return unit.closed_on.is_(None), unit.in_service_from.is_not(None)


def _unconfirmed(at: datetime) -> ColumnElement[bool]:
    """Confirmed longer ago than half a year, or never, unless it was entered since."""
    entered = exists().where(Change.contact_id == Contact.id, Change.deed == Deed.ADDED, Change.at > at - STALE)
    never = Contact.verified_at.is_(None) & ~entered
    return never | (Contact.verified_at < at - STALE)


def _listed(here: ColumnElement[bool]) -> Select[Contact]:
    """Contacts in use at units in service, each with its unit at hand."""
    return (
        select(Contact)
        .join(Contact.unit)
        .where(here, Contact.state != ContactState.RETIRED, Unit.closed_on.is_(None))
        .options(joinedload(Contact.unit).joinedload(Unit.parent))
        .order_by(Contact.unit_code, Contact.role, Contact.rank, Contact.id)
    )


def _double_emails(session: Session, here: ColumnElement[bool]) -> list[Double]:
    """One address of contacts with different names, or at different units: one person may hold two roles of a unit."""
    address, person = func.lower(Contact.email), Contact.unit_code + " " + Contact.name
    shared = (
        select(address)
        .where(Contact.email.is_not(None), Contact.state != ContactState.RETIRED)
        .group_by(address)
        .having(func.count(distinct(person)) > 1)
    )
    found: dict[str, list[Contact]] = defaultdict(list)
    for contact in session.scalars(_listed(here).where(address.in_(shared))):
        found[(contact.email or "").casefold()].append(contact)
    return _doubles(found)


def _double_phones(session: Session, here: ColumnElement[bool]) -> list[Double]:
    """One number, extension included, of contacts at different units: those of one unit often share a telephone."""
    other, others = aliased(Phone), aliased(Contact)
    again = (
        exists()
        .where(other.digits == Phone.digits, other.extension == Phone.extension, other.contact_id == others.id)
        .where(others.unit_code != Contact.unit_code, others.state != ContactState.RETIRED)
    )
    statement = _listed(here).join(Phone, Phone.contact_id == Contact.id).where(again)
    found: dict[str, list[Contact]] = defaultdict(list)
    for contact, number in session.execute(statement.add_columns(Phone.number)):
        found[number].append(contact)
    return _doubles(found)


def _undialable(session: Session, here: ColumnElement[bool]) -> list[Phone]:
    areas = {area.code: area.digits for area in telephone_areas().values()}
    statement = _listed(here).join(Phone, Phone.contact_id == Contact.id).with_only_columns(Phone)
    phones = session.scalars(statement.options(joinedload(Phone.contact).joinedload(Contact.unit)))
    return [phone for phone in phones if not dialable(phone.digits, areas)]


def _open(session: Session, below: str | None) -> list[Correction]:
    return list(session.scalars(open_below(below)))


def _doubles(found: dict[str, list[Contact]]) -> list[Double]:
    return [Double(shared, tuple(contacts)) for shared, contacts in sorted(found.items())]


def _within(doubles: Iterable[Double], codes: Collection[str]) -> list[Double]:
    return [one for one in doubles if any(contact.unit_code in codes for contact in one.contacts)]
