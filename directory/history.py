"""The history of the directory: who changed what of a unit or a contact, when, from what to what, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from directory.models import Contact, Unit
from directory.upkeep import Change, Deed, Source

LONGEST_WHY = 500
WRITTEN_OVER = (Deed.CHANGED, Deed.RETIRED, Deed.CLOSED)


@dataclass(frozen=True)
class By:
    """Who changes something, and by what way."""

    name: str
    officer_id: int | None = None
    source: Source = Source.PAGE


class ChangedMeanwhileError(ValueError):
    """Somebody else changed the same after the page was shown; `changes` are theirs, oldest first."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__(f"changed meanwhile by {', '.join(change.by for change in changes)}")
        self.changes = changes


def note(
    session: Session,
    about: Unit | Contact,
    deed: Deed,
    at: datetime,
    by: By,
    *,
    field: str = "",
    before: Any = None,
    after: Any = None,
    why: str = "",
) -> Change:
    """One line of the history, in the transaction of its cause."""
    of_contact = about if isinstance(about, Contact) else None
    made = Change(
        unit_code=of_contact.unit_code if of_contact else about.code,  # type: ignore[union-attr]
        contact_id=of_contact.id if of_contact else None,
        subject=of_contact.name if of_contact else "",
        at=at,
        by=by.name[:120],
        by_officer_id=by.officer_id,
        source=by.source,
        deed=deed,
        field=field,
        before=as_text(before),
        after=as_text(after),
        why=why[:LONGEST_WHY],
    )
    session.add(made)
    return made


def note_fields(
    session: Session, about: Unit | Contact, values: Mapping[str, Any], at: datetime, by: By, why: str = ""
) -> list[str]:
    """Give the unit or contact these values; a line for each field that is another afterwards. The fields' names."""
    changed = [field for field, value in values.items() if getattr(about, field) != value]
    for field in changed:
        before, after = getattr(about, field), values[field]
        note(session, about, Deed.CHANGED, at, by, field=field, before=before, after=after, why=why)
        setattr(about, field, after)
    return changed


def changes_of(unit_code: str) -> Select[Change]:
    """What changed at a unit and with its contacts, newest first."""
    return select(Change).where(Change.unit_code == unit_code).order_by(Change.id.desc())


def last_change(session: Session, about: Unit | Contact) -> int:
    """The id of the newest line about the unit itself, or about the contact; 0 if there is none.

    A page carries it, so that whoever saves tells what was seen.
    """
    return session.scalar(_about(about).order_by(Change.id.desc()).limit(1).with_only_columns(Change.id)) or 0


def check_seen(session: Session, about: Unit | Contact, seen: int) -> None:
    """ChangedMeanwhileError if the history about it goes on after the line `seen`.

    The caller holds the unit (`locked_unit`), so that of two who save at once the second finds what the first did.
    """
    meanwhile = session.scalars(_about(about).where(Change.id > seen).order_by(Change.id)).all()
    if meanwhile:
        raise ChangedMeanwhileError(meanwhile)


def locked_unit(session: Session, code: str) -> Unit | None:
    """The unit, kept from others who change it until the transaction ends.

    Whoever only refers to it, as each entry of a ticket does, is not kept waiting (`FOR NO KEY UPDATE`): a merger,
    which holds units and wants tickets, would otherwise wait for an answer that holds its ticket and wants the unit.
    """
    statement = select(Unit).where(Unit.code == code).with_for_update(key_share=True)
    return session.scalar(statement.execution_options(populate_existing=True))


def as_text(value: Any) -> str:
    """As the history keeps a value."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _about(about: Unit | Contact) -> Select[Change]:
    """What a form would write over: not that somebody is on duty, nor when the contact is called."""
    written = select(Change).where(Change.deed.in_(WRITTEN_OVER), Change.field != "rank")
    if isinstance(about, Contact):
        return written.where(Change.contact_id == about.id)
    return written.where(Change.unit_code == about.code, Change.contact_id.is_(None))
