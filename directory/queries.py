"""Whom to ask the directory for: every function returns a Select, whoever calls runs it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session, aliased, joinedload

from directory.edition import kept, once
from directory.models import Contact, ContactRole, ContactState, Unit, UnitAncestor

FEW = 40
"Units of which something is kept together, as those of a ticket; more are asked for each time."


class NamedUnit(NamedTuple):
    """A unit as a line names it."""

    name: str
    parent: "NamedUnit | None" = None


UNREACHABLE = (ContactState.BOUNCING, ContactState.RETIRED)


def unit(code: str) -> Select[Unit]:
    """The unit of this code, closed or not."""
    return select(Unit).where(Unit.code == code)


def units(codes: Collection[str]) -> Select[Unit]:
    """The units of these codes, in the order of their codes."""
    return select(Unit).where(Unit.code.in_(codes)).order_by(Unit.code)


def children(code: str | None) -> Select[Unit]:
    """The units directly below; of None, those that nobody commands."""
    return select(Unit).where(Unit.parent_code == code).order_by(Unit.code)


def chain(code: str) -> Select[Unit]:
    """The unit itself, then each unit above it, the top last."""
    above = select(Unit).join(UnitAncestor, UnitAncestor.ancestor_code == Unit.code)
    return above.where(UnitAncestor.unit_code == code).order_by(UnitAncestor.distance)


def subtree(code: str) -> Select[Unit]:
    """The unit and all below it, the nearest first."""
    below = select(Unit).join(UnitAncestor, UnitAncestor.unit_code == Unit.code)
    return below.where(UnitAncestor.ancestor_code == code).order_by(UnitAncestor.distance, Unit.code)


def subtree_codes(code: str) -> Select[str]:
    """The codes of the unit and of all below it; for use within another select."""
    return select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == code)


def contacts(code: str) -> Select[Contact]:
    """The contacts of a unit that are not retired, by role in the order of calling."""
    listed = select(Contact).where(Contact.unit_code == code, Contact.state != ContactState.RETIRED)
    return listed.order_by(Contact.role, Contact.rank, Contact.id)


def reachable(codes: Collection[str], *roles: ContactRole) -> Select[Contact]:
    """Contacts of these units whom mail reaches, in these roles (in all, if none is named), in the order of calling."""
    statement = select(Contact).where(
        Contact.unit_code.in_(codes),
        Contact.email.is_not(None),
        Contact.state.not_in(UNREACHABLE),
        Contact.disowned_at.is_(None),
    )
    if roles:
        statement = statement.where(Contact.role.in_(roles))
    return statement.order_by(Contact.unit_code, Contact.role, Contact.rank, Contact.id)


def is_reachable(contact: Contact) -> bool:
    """The same of one contact at hand."""
    return bool(contact.email) and contact.state not in UNREACHABLE and contact.disowned_at is None


def parents(session: Session) -> dict[str, str | None]:
    """Every unit with the unit directly above it: the facts of the rules in `directory.chain`."""
    return dict(session.execute(select(Unit.code, Unit.parent_code)).all())


def parents_above(session: Session, codes: Collection[str]) -> dict[str, str | None]:
    """These units and all above them, each with the unit directly above it: as much as a rule about them needs."""
    asked = sorted(set(codes))
    if len(asked) > FEW:
        return dict(_parents_above(session, asked))
    return dict(once(session, ("parents", *asked), lambda: _parents_above(session, asked)))


def _parents_above(session: Session, codes: Collection[str]) -> Sequence[tuple[str, str | None]]:
    return [(code, parent) for code, parent in session.execute(_PARENTS_ABOVE, {"codes": list(codes)})]


def names_of(session: Session, codes: Collection[str]) -> dict[str, str]:
    """What these units are called, by their codes."""
    return dict(session.execute(_NAMES, {"codes": list(codes)}).all())


def named_units(session: Session, codes: Iterable[str]) -> dict[str, NamedUnit]:
    """These units with the name of the one above, by their codes; what was read of this edition is not read again."""
    edition, wanted = kept(session), set(codes)
    known = {code: unit for code in wanted if (unit := edition.names.get(code))}
    if missing := wanted - known.keys():
        for code, name, above in session.execute(_NAMED, {"codes": sorted(missing)}):
            unit = NamedUnit(name, NamedUnit(above) if above is not None else None)
            known[code] = edition.remember(edition.names, code, unit)
    return known


def with_all_above(codes: Collection[str]) -> Select[Unit]:
    """These units and all above them, each with its parent at hand."""
    above = select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code.in_(codes))
    return select(Unit).where(Unit.code.in_(above)).options(joinedload(Unit.parent))


def units_above(session: Session, codes: Collection[str]) -> dict[str, Unit]:
    """These units and all above them by their codes, so that each one's parent is at hand."""
    return {unit.code: unit for unit in session.scalars(_UNITS_ABOVE, {"codes": list(codes)})}


CODES: BindParameter[Any] = bindparam("codes", expanding=True)
"Of statements that are built once."
_ABOVE = select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code.in_(CODES))
_PARENTS_ABOVE = select(Unit.code, Unit.parent_code).where(Unit.code.in_(_ABOVE))
_NAMES = select(Unit.code, Unit.name).where(Unit.code.in_(CODES))
_PARENT = aliased(Unit)
_WITH_ABOVE = select(Unit.code, Unit.name, _PARENT.name).outerjoin(_PARENT, _PARENT.code == Unit.parent_code)
_NAMED = _WITH_ABOVE.where(Unit.code.in_(CODES))
_UNITS_ABOVE = select(Unit).where(Unit.code.in_(_ABOVE))
