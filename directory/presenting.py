"""What one needs of a unit at once: its place in the chain of command, whom to call, whether somebody is there now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from directory.calendars import calendar_of, open_at
from directory.edition import kept
from directory.freshness import state_of
from directory.lookup import Hit
from directory.models import Contact, ContactRole, ContactState, Phone, Unit, UnitAncestor
from directory.queries import CODES, UNREACHABLE

NOBODY = "unconfirmed"
MOST_PHONES = 4


TOLD = ("code", "name", "kind", "path", "parent", "phones", "email", "supervisors", "open_now", "freshness", "matched")


class Served(Protocol):
    """What tells whether a unit is in service."""

    @property
    def closed_on(self) -> date | None: ...
    @property
    def in_service_from(self) -> date | None: ...


Called = TypeVar("Called", Contact, Any)
"A contact, or the columns of one."


class Service(StrEnum):
    """Whether a ticket can be opened with a unit; the ticket's own rule says so again, with the day."""

    IN_SERVICE = "in service"
    NOT_YET = "not yet in service"
    CLOSED = "closed"


@dataclass(frozen=True)
class UnitCard:
    """A unit as the look-up answers it."""

    code: str
    name: str
    kind: str
    path: list[str]
    "names from the province down, the unit's own last"
    parent: dict[str, Any] | None
    phones: list[str]
    "the desk's first"
    email: str | None
    supervisors: int
    "how many can be reached by mail"
    open_now: bool
    freshness: str
    "the state of the contact who is called first"
    matched: str = ""
    answers: Any = field(default=None, repr=False)
    "who is called first"
    service: Service = Service.IN_SERVICE
    in_service_from: date | None = None

    def to_dict(self) -> dict[str, Any]:
        """What other systems get."""
        day = self.in_service_from.isoformat() if self.in_service_from else None
        return {name: getattr(self, name) for name in TOLD} | {"in_service_from": day, "service": str(self.service)}


def describe(session: Session, hits: Sequence[Hit], at: datetime) -> list[UnitCard]:
    """A card for each hit, in their order, as things are at `at`; with seven statements for any number of them."""
    matched = {hit.unit_code: hit.matched for hit in hits}
    return describe_codes(session, list(matched), at, matched)


def describe_codes(
    session: Session, codes: Sequence[str], at: datetime, matched: Mapping[str, str] | None = None
) -> list[UnitCard]:
    """A card for each unit there is, in the order of the codes."""
    is_open, today = open_at(session, at, codes), at.astimezone(calendar_of(session, "").tz).date()
    known = _known(session, codes)
    return [
        _card(known[code], at, today, open_now=is_open(code), matched=(matched or {}).get(code, ""))
        for code in codes
        if code in known
    ]


def _known(session: Session, codes: Sequence[str]) -> dict[str, "_Known"]:
    """These units, those that were read of this edition of the directory not again."""
    edition = kept(session)
    units = {code: unit for code in codes if (unit := edition.units.get(code))}
    if missing := [code for code in codes if code not in units]:
        above, people = _with_all_above(session, missing), _contacts(session, missing)
        for code in missing:
            if code in above:
                read = _Known.of(above[code], above, people.get(code, ()))
                units[code] = edition.remember(edition.units, code, read)
    return units


def unit_shapes(session: Session, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """`{code, name, kind, path}` of these units, by code (and `parent`, a code, and `unit` for who needs them)."""
    known = _with_all_above(session, codes)
    return {code: _shape(known[code], known) for code in codes if code in known}


def public(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A shape as it is told to others: `{code, name, kind, path}`."""
    return {name: shape[name] for name in ("code", "name", "kind", "path")}


def _with_all_above(session: Session, codes: Collection[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """These units and all above them, by code."""
    wanted = [code for code in codes if "\x00" not in code]  # PostgreSQL takes no NUL
    return {unit.code: unit for unit in session.execute(_UNITS, {"codes": wanted})} if wanted else {}


def _shape(unit: Row[*tuple[Any, ...]], known: Mapping[str, Row[*tuple[Any, ...]]]) -> dict[str, Any]:
    path, at = [unit.name], unit.parent_code
    while at:
        path.insert(0, known[at].name)
        at = known[at].parent_code
    shape = {"code": unit.code, "name": unit.name, "kind": str(unit.kind), "path": path}
    return shape | {"parent": unit.parent_code, "unit": unit}


def service_of(unit: Served, today: date) -> Service:
    if unit.closed_on and unit.closed_on <= today:
        return Service.CLOSED
    in_service = unit.in_service_from is not None and unit.in_service_from <= today
    return Service.IN_SERVICE if in_service else Service.NOT_YET


def in_calling_order(contacts: Iterable[Called]) -> list[Called]:
    """Those that are not retired: desk, registrar, supervisors, leader, each by rank."""
    order = list(ContactRole)
    listed = [contact for contact in contacts if contact.state is not ContactState.RETIRED]
    return sorted(listed, key=lambda contact: (order.index(contact.role), contact.rank, contact.id))


class _Person(SimpleNamespace):
    """What a card needs of a contact: its columns, and its `numbers` in their order."""


def _contacts(session: Session, codes: Collection[str]) -> Mapping[str, list[Any]]:
    """The contacts of each unit; rows of columns, since a keystroke must not wait for whole objects."""
    found: dict[str, list[_Person]] = defaultdict(list)
    people: dict[int, _Person] = {}
    for row in session.execute(_PEOPLE, {"codes": [code for code in codes if "\x00" not in code]}):
        if row.id not in people:
            people[row.id] = _Person(**row._mapping, numbers=[])
            found[row.unit_code].append(people[row.id])
        if row.number:
            people[row.id].numbers.append(row.number)
    return found


@dataclass(frozen=True)
class _Known:
    """A unit as it was read; `shape` and `parent` are what others are told of it and of the unit above."""

    unit: Row[*tuple[Any, ...]]
    shape: dict[str, Any]
    parent: dict[str, Any] | None
    answers: Any
    "who is called first"
    phones: list[str]
    email: str | None
    supervisors: int

    @classmethod
    def of(cls, unit: Any, above: Mapping[str, Any], contacts: Sequence[Any]) -> "_Known":
        """Of rows; the units above it are among `above`."""
        parent, listed = above.get(unit.parent_code or ""), in_calling_order(contacts)
        reachable = [contact for contact in listed if _is_reachable(contact)]
        numbers = [number for contact in listed for number in contact.numbers][:MOST_PHONES]
        return cls(
            unit,
            public(_shape(unit, above)),
            public(_shape(parent, above)) if parent else None,
            answers=listed[0] if listed else None,
            phones=numbers or ([unit.public_phone] if unit.public_phone else []),
            email=next((contact.email for contact in reachable), None),
            supervisors=sum(contact.role is ContactRole.SUPERVISOR for contact in reachable),
        )


def _card(known: _Known, at: datetime, today: date, *, open_now: bool, matched: str) -> UnitCard:
    """As things are at that instant: what stays so while the directory does is known."""
    return UnitCard(
        **known.shape,
        parent=known.parent,
        phones=known.phones,
        email=known.email,
        supervisors=known.supervisors,
        open_now=open_now,
        freshness=str(state_of(known.answers, at)) if known.answers else NOBODY,
        matched=matched,
        answers=known.answers,
        service=service_of(known.unit, today),
        in_service_from=known.unit.in_service_from,
    )


def _is_reachable(contact: Contact) -> bool:
    """By mail: what `queries.reachable` asks for."""
    return bool(contact.email) and contact.state not in UNREACHABLE and contact.disowned_at is None


_UNITS = select(*Unit.__table__.c).where(
    Unit.code.in_(select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code.in_(CODES)))
)
_PEOPLE = (
    select(*Contact.__table__.c, Phone.number)
    .outerjoin(Phone, Phone.contact_id == Contact.id)
    .where(Contact.unit_code.in_(CODES))
    .order_by(Contact.id, Phone.position, Phone.id)
)
