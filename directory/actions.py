"""What changes the directory: units added, moved, closed; contacts added, retired. Nothing here commits."""

from datetime import date

from sqlalchemy import delete, exists, insert, literal, select
from sqlalchemy.orm import Session, aliased

from directory.chain import CircularChainError
from directory.indexing import refresh_lookup_terms
from directory.models import Contact, ContactState, Unit, UnitAncestor
from directory.queries import subtree_codes

__all__ = ["add_contact", "add_unit", "close_unit", "move_unit", "refresh_lookup_terms", "retire_contact"]


class ClosedUnitError(ValueError):
    """A unit that is closed, where one in service is needed."""

    def __init__(self, code: str) -> None:
        super().__init__(f"unit {code!r} is closed")
        self.code = code


class CommandsUnitsError(ValueError):
    """A unit that cannot be closed while it has units in service below it."""

    def __init__(self, code: str) -> None:
        super().__init__(f"unit {code!r} has units in service below it: move them first")
        self.code = code


class RetiredContactError(ValueError):
    """A contact that is retired already."""

    def __init__(self, contact_id: int) -> None:
        super().__init__(f"contact {contact_id} is retired")
        self.contact_id = contact_id


def add_unit(session: Session, unit: Unit) -> Unit:
    """Enter a unit below the unit of its `parent_code`, which exists; ClosedUnitError if that one is closed."""
    if unit.parent_code is not None:
        _in_service(session.get_one(Unit, unit.parent_code))
    session.add(unit)
    session.flush()
    session.add(UnitAncestor(unit_code=unit.code, ancestor_code=unit.code, distance=0))
    session.flush()
    _join_chain(session, unit.code, unit.parent_code)
    refresh_lookup_terms(session, [unit.code])
    return unit


def move_unit(session: Session, unit: Unit, parent: Unit | None) -> None:
    """Put a unit, and with it all below it, under another parent; CircularChainError if that one is below it."""
    if parent is not None:
        _in_service(parent)
    session.flush()
    moved = list(session.scalars(subtree_codes(unit.code)))
    if parent is not None and parent.code in moved:
        raise CircularChainError(unit.code)
    former = unit.parent_code
    unit.parent_code = parent.code if parent is not None else None
    _leave_chain(session, unit.code)
    _join_chain(session, unit.code, unit.parent_code)
    session.expire(unit, ["parent"])
    refresh_lookup_terms(session, filter(None, (*moved, former, unit.parent_code)))


def close_unit(session: Session, unit: Unit, on: date, successor: Unit | None = None) -> None:
    """Close a unit on a day; its names and codes lead to its successor from now on.

    ClosedUnitError if it, or its successor, is closed; CommandsUnitsError while units in service are below it.
    """
    _in_service(unit)
    if successor is not None:
        _in_service(successor)
        if successor is unit:
            raise CircularChainError(unit.code)
    if session.scalar(select(exists().where(Unit.parent_code == unit.code, Unit.closed_on.is_(None)))):
        raise CommandsUnitsError(unit.code)
    unit.closed_on = on
    unit.successor_code = successor.code if successor is not None else None
    refresh_lookup_terms(session, filter(None, (unit.code, unit.parent_code, unit.successor_code)))
    session.expire(unit, ["successor"])


def add_contact(session: Session, contact: Contact) -> Contact:
    """Enter a contact, with its phones, at the unit of its `unit_code`; ClosedUnitError if that one is closed."""
    _in_service(session.get_one(Unit, contact.unit_code))
    session.add(contact)
    refresh_lookup_terms(session, [contact.unit_code])
    return contact


def retire_contact(session: Session, contact: Contact) -> None:
    """Take a contact out of use; it stays in the history. RetiredContactError if it was out of use."""
    if contact.state is ContactState.RETIRED:
        raise RetiredContactError(contact.id)
    contact.state = ContactState.RETIRED
    refresh_lookup_terms(session, [contact.unit_code])


def _in_service(unit: Unit) -> None:
    if unit.closed_on is not None:
        raise ClosedUnitError(unit.code)


def _leave_chain(session: Session, code: str) -> None:
    """Cut the unit, with all below it, off from what is above it."""
    below = subtree_codes(code)
    cut = delete(UnitAncestor).where(UnitAncestor.unit_code.in_(below), UnitAncestor.ancestor_code.not_in(below))
    session.execute(cut.execution_options(synchronize_session=False))


def _join_chain(session: Session, code: str, parent_code: str | None) -> None:
    """Put the parent and all above it above the unit and all below it."""
    below, above = aliased(UnitAncestor), aliased(UnitAncestor)
    pairs = (
        select(below.unit_code, above.ancestor_code, below.distance + above.distance + literal(1))
        .join(above, above.unit_code == parent_code)
        .where(below.ancestor_code == code)
    )
    session.execute(insert(UnitAncestor).from_select(["unit_code", "ancestor_code", "distance"], pairs))
