"""What one needs of a unit at once: its place in the chain of command, whom to call, whether somebody is there now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.calendars import calendar_of, open_at
from directory.freshness import assess
from directory.lookup import Hit
from directory.models import Contact, ContactRole, ContactState, Unit, UnitAncestor
from directory.queries import UNREACHABLE

NOBODY = "unconfirmed"
MOST_PHONES = 4


TOLD = ("code", "name", "kind", "path", "parent", "phones", "email", "supervisors", "open_now", "freshness", "matched")


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
    answers: Contact | None = field(default=None, repr=False)
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
    shapes = unit_shapes(session, codes)
    people = _contacts(session, shapes)
    parents = unit_shapes(session, {shape["parent"] for shape in shapes.values() if shape["parent"]})
    return [
        replace(
            _card(shapes[code], parents, people.get(code, ()), at),
            open_now=is_open(code),
            matched=(matched or {}).get(code, ""),
            service=service_of(shapes[code]["unit"], today),
            in_service_from=shapes[code]["unit"].in_service_from,
        )
        for code in codes
        if code in shapes
    ]


def unit_shapes(session: Session, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """`{code, name, kind, path}` of these units, by code (and `parent`, a code, and `unit` for who needs them)."""
    wanted = [code for code in codes if "\x00" not in code]  # PostgreSQL takes no NUL
    above = select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code.in_(wanted))
    known = {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.code.in_(above)))}
    return {code: _shape(known[code], known) for code in wanted if code in known}


def public(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A shape as it is told to others: `{code, name, kind, path}`."""
    return {name: shape[name] for name in ("code", "name", "kind", "path")}


def _shape(unit: Unit, known: Mapping[str, Unit]) -> dict[str, Any]:
    path, at = [unit.name], unit.parent_code
    while at:
        path.insert(0, known[at].name)
        at = known[at].parent_code
    shape = {"code": unit.code, "name": unit.name, "kind": str(unit.kind), "path": path}
    return shape | {"parent": unit.parent_code, "unit": unit}


def service_of(unit: Unit, today: date) -> Service:
    if unit.closed_on and unit.closed_on <= today:
        return Service.CLOSED
    in_service = unit.in_service_from is not None and unit.in_service_from <= today
    return Service.IN_SERVICE if in_service else Service.NOT_YET


def in_calling_order(contacts: Iterable[Contact]) -> list[Contact]:
    """Those that are not retired: desk, registrar, supervisors, leader, each by rank."""
    order = list(ContactRole)
    listed = [contact for contact in contacts if contact.state is not ContactState.RETIRED]
    return sorted(listed, key=lambda contact: (order.index(contact.role), contact.rank, contact.id))


def _contacts(session: Session, codes: Collection[str]) -> Mapping[str, list[Contact]]:
    found: dict[str, list[Contact]] = defaultdict(list)
    statement = select(Contact).where(Contact.unit_code.in_(codes)).options(selectinload(Contact.phones))
    for contact in session.scalars(statement):
        found[contact.unit_code].append(contact)
    return found


def _card(shape: Mapping[str, Any], parents: Mapping[str, Any], contacts: Sequence[Contact], at: datetime) -> UnitCard:
    listed = in_calling_order(contacts)
    reachable = [contact for contact in listed if _is_reachable(contact)]
    parent = parents.get(shape["parent"] or "")
    numbers = [phone.number for contact in listed for phone in contact.phones][:MOST_PHONES]
    public_phone = shape["unit"].public_phone
    return UnitCard(
        **public(shape),
        parent=public(parent) if parent else None,
        phones=numbers or ([public_phone] if public_phone else []),
        email=next((contact.email for contact in reachable), None),
        supervisors=sum(contact.role is ContactRole.SUPERVISOR for contact in reachable),
        open_now=False,
        freshness=str(assess(listed[0], at).state) if listed else NOBODY,
        answers=listed[0] if listed else None,
    )


def _is_reachable(contact: Contact) -> bool:
    """By mail: what `queries.reachable` asks for."""
    return bool(contact.email) and contact.state not in UNREACHABLE and contact.disowned_at is None
