"""What one needs of a unit at once: its place in the chain of command, whom to call, whether somebody is there now."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.lookup import Hit
from directory.models import Contact, ContactRole, ContactState, Unit, UnitAncestor
from directory.queries import UNREACHABLE

NOBODY = "unconfirmed"


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

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def describe(session: Session, hits: Sequence[Hit], is_open: Callable[[str], bool]) -> list[UnitCard]:
    """A card for each hit, in their order, with four statements for any number of them."""
    matched = {hit.unit_code: hit.matched for hit in hits}
    return describe_codes(session, list(matched), is_open, matched)


def describe_codes(
    session: Session, codes: Sequence[str], is_open: Callable[[str], bool], matched: Mapping[str, str] | None = None
) -> list[UnitCard]:
    """A card for each unit there is, in the order of the codes."""
    shapes = unit_shapes(session, codes)
    people = _contacts(session, shapes)
    parents = unit_shapes(session, {shape["parent"] for shape in shapes.values() if shape["parent"]})
    return [
        _card(shapes[code], parents, people.get(code, ()), is_open(code), (matched or {}).get(code, ""))
        for code in codes
        if code in shapes
    ]


def unit_shapes(session: Session, codes: Collection[str]) -> dict[str, dict[str, Any]]:
    """`{code, name, kind, path}` of these units, by code (and `parent`, a code, for who needs it)."""
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
    return {"code": unit.code, "name": unit.name, "kind": str(unit.kind), "path": path, "parent": unit.parent_code}


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


def _card(
    shape: Mapping[str, Any], parents: Mapping[str, Any], contacts: Sequence[Contact], open_now: bool, matched: str
) -> UnitCard:
    listed = in_calling_order(contacts)
    reachable = [contact for contact in listed if contact.email and contact.state not in UNREACHABLE]
    parent = parents.get(shape["parent"] or "")
    return UnitCard(
        **public(shape),
        parent=public(parent) if parent else None,
        phones=[phone.number for contact in listed for phone in contact.phones][:4],
        email=next((contact.email for contact in reachable), None),
        supervisors=sum(contact.role is ContactRole.SUPERVISOR for contact in reachable),
        open_now=open_now,
        freshness=str(listed[0].state) if listed else NOBODY,
        matched=matched,
    )
