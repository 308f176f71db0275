"""The selects of the directory's pages."""

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from directory.history import changes_of
from directory.imports import ImportLine, ImportRecord
from directory.models import Contact, Unit, UnitAncestor, UnitKind
from directory.upkeep import Change, EmailCode
from portal.accounts.models import Officer, RoleGrant
from portal.web.actor import Actor
from portal.web.pagination import Key
from portal.web.permissions import Role

UPPER = (UnitKind.CORPS, UnitKind.DETACHMENT, UnitKind.HALL)


def unit_whole(code: str) -> Select[Unit]:
    """A unit with everything that its page shows of it."""
    return (
        select(Unit)
        .where(Unit.code == code)
        .options(joinedload(Unit.parent), joinedload(Unit.successor), joinedload(Unit.locality))
        .options(selectinload(Unit.contacts).selectinload(Contact.phones))
    )


def book() -> Select[Unit]:
    """The corps, the detachments and the halls in service, for browsing."""
    return select(Unit).where(Unit.kind.in_(UPPER), Unit.closed_on.is_(None)).order_by(Unit.code)


def below(code: str) -> Select[Unit]:
    """The units in service directly below, in the order of their codes."""
    return select(Unit).where(Unit.parent_code == code, Unit.closed_on.is_(None)).order_by(Unit.code)


def address_of(officer_id: int | None) -> Select[*tuple[Any, ...]]:
    """The email address of an account."""
    return select(Officer.email).where(Officer.id == officer_id)


def history_page(code: str, after: Key | None, size: int) -> Select[Change]:
    """A page of a unit's history, newest first, and one line more."""
    return changes_of(code).where(*_older(after)).limit(size + 1)


def codes_under_way(code: str) -> Select[EmailCode]:
    """The codes under way to addresses of the unit's contacts."""
    return select(EmailCode).join(EmailCode.contact).where(Contact.unit_code == code)


def stewards() -> Select[Officer]:
    """Everybody who keeps a part of the directory."""
    return select(Officer).join(RoleGrant).where(RoleGrant.role == Role.STEWARD, Officer.active).order_by(Officer.id)


def ancestors_of_all() -> Select[*tuple[Any, ...]]:
    """Every unit with each unit above it, itself included."""
    return select(UnitAncestor.ancestor_code, UnitAncestor.unit_code)


def _older(after: Key | None) -> list[ColumnElement[bool]]:
    return [Change.id < after[0]] if after and isinstance(after[0], int) else []


def imports_visible_to(actor: Actor) -> Select[ImportRecord]:
    """The imports that change nothing but what is below the steward's unit, the newest first."""
    below = select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == actor.unit_code)
    whole = select(Unit.code).where(Unit.code == actor.unit_code, Unit.parent_code.is_(None)).exists()
    seen = or_(ImportRecord.allowed_code.in_(below), ImportRecord.allowed_code.is_(None) & whole)
    return select(ImportRecord).where(seen).order_by(ImportRecord.id.desc())


def import_lines(record: ImportRecord, outcome: str | None, after: int, limit: int) -> Select[ImportLine]:
    """The lines of an import that come to this (None: all), in the order of the file."""
    lines = select(ImportLine).where(ImportLine.import_id == record.id, ImportLine.position > after)
    if outcome is not None:
        lines = lines.where(ImportLine.outcome == outcome)
    return lines.order_by(ImportLine.position).limit(limit)
