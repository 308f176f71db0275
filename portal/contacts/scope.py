"""Which units and contacts a steward may change: those of the own unit and of all below it; others are not there."""

from flask_babel import lazy_gettext as _
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from directory.history import By, locked_unit
from directory.models import Contact, ContactState, Unit, UnitAncestor
from portal.contacts import queries
from portal.errors import Conflict, Hidden
from portal.web.actor import Actor
from portal.web.permissions import Permission

NO_UNIT = _("There is no unit with this code.")
NO_CONTACT = _("There is no such contact.")
RETIRED = _("This contact is retired: it stays in the history and is changed no more.")


def by(actor: Actor) -> By:
    """Who acts, as the directory's history keeps it."""
    return By(actor.name, actor.officer_id)


def may_edit(session: Session, actor: Actor, unit_code: str) -> bool:
    """Whether the unit is the steward's own, or below it."""
    if not actor.may(Permission.DIRECTORY_EDIT) or actor.unit_code is None:
        return False
    below = exists().where(UnitAncestor.unit_code == unit_code, UnitAncestor.ancestor_code == actor.unit_code)
    return bool(session.scalar(select(below)))


def unit_to_read(session: Session, code: str) -> Unit:
    """Any unit; Hidden if there is none."""
    found = session.scalar(queries.unit_whole(code)) if "\x00" not in code else None
    if found is None:
        raise Hidden(NO_UNIT)
    return found


def unit_to_edit(session: Session, actor: Actor, code: str, *, lock: bool = False) -> Unit:
    """A unit in service that the steward may change; with `lock` kept from others until the transaction ends."""
    if "\x00" in code or not may_edit(session, actor, code):
        raise Hidden(NO_UNIT)
    if lock:
        locked_unit(session, code)
    unit = unit_to_read(session, code)
    if unit.closed_on is not None:
        raise Hidden(NO_UNIT)
    return unit


def contact_to_edit(session: Session, actor: Actor, contact_id: int, *, lock: bool = False) -> Contact:
    """A contact that the steward may change; with `lock` its unit is held, and a retired one is refused (Conflict)."""
    contact = _contact(session, contact_id)
    unit_to_edit(session, actor, contact.unit_code, lock=lock)
    session.refresh(contact)
    if lock and contact.state is ContactState.RETIRED:
        raise Conflict(RETIRED)
    return contact


def may_enter_absence(session: Session, actor: Actor, contact: Contact) -> bool:
    """The steward's part; and everybody's for oneself: the contact of one's own unit that has one's own address."""
    if may_edit(session, actor, contact.unit_code):
        return True
    own = actor.officer_id is not None and contact.unit_code == actor.unit_code
    address = session.scalar(queries.address_of(actor.officer_id)) if own else None
    return bool(address) and str(address).casefold() == (contact.email or "").casefold()


def contact_of_absence(session: Session, actor: Actor, contact_id: int) -> Contact:
    """A contact whose absences the actor may enter and end."""
    contact = _contact(session, contact_id)
    if not may_enter_absence(session, actor, contact):
        raise Hidden(NO_CONTACT)
    return contact


def _contact(session: Session, contact_id: int) -> Contact:
    whole = selectinload(Contact.phones), selectinload(Contact.unit)
    contact = session.scalar(select(Contact).where(Contact.id == contact_id).options(*whole))
    if contact is None:
        raise Hidden(NO_CONTACT)
    return contact
