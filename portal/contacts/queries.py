"""The selects of the directory's pages."""

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from directory.models import Contact, Unit, UnitKind

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
