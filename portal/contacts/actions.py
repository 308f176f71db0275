"""What stewards do with the directory, and what follows from it elsewhere: merging units, settling corrections."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from directory import corrections, editing
from directory.actions import close_unit, move_unit
from directory.entries import WrongFieldsError
from directory.freshness import ContactState
from directory.history import note
from directory.models import Contact, Correction, Unit, UnitKind
from directory.phones import PrintedPhone
from directory.queries import children, subtree_codes
from directory.upkeep import Deed, DutyShift
from portal.accounts.actions import move_accounts
from portal.accounts.models import ApiToken, Officer
from portal.audit.actions import record as audit
from portal.contacts.scope import by, may_edit
from portal.contacts.wording import told
from portal.errors import Conflict, Invalid
from portal.tickets.merging import OpenWork, climb_anew, move_open_work, open_work
from portal.web.actor import Actor
from portal.webhooks.actions import move_webhooks

SETTLED = _("Another steward has settled this already. Look at the history of the unit.")

RANKS = tuple(UnitKind)
"from the top of the chain of command down"


@dataclass(frozen=True)
class Merger:
    """What merging a unit into another moves."""

    below: int
    contacts: int
    work: OpenWork
    officers: int
    tokens: int


def foreseen(session: Session, unit: Unit) -> Merger:
    """What a merger would move, as it stands now."""
    return Merger(
        below=len(_below(session, unit)),
        contacts=sum(contact.state is not ContactState.RETIRED for contact in unit.contacts),
        work=open_work(session, unit.code),
        officers=_count(session, Officer, unit.code),
        tokens=_count(session, ApiToken, unit.code),
    )


def check_merger(
    session: Session, actor: Actor, unit: Unit, successor: Unit | None, on: date | None, today: date
) -> None:
    """Invalid where the units cannot be merged so: a steward merges what is below the own unit, into the same."""
    if successor is None:
        raise Invalid({"successor": _("Choose the unit that takes over.")})
    if actor.unit_code in {unit.code, successor.code} or not may_edit(session, actor, successor.code):
        raise Invalid({"successor": _("Both units must be below yours: ask the steward of the unit above.")})
    if successor.closed_on is not None:
        raise Invalid({"successor": _("This unit is closed itself: choose the one that took over from it.")})
    if successor.code in session.scalars(subtree_codes(unit.code)).all():
        raise Invalid({"successor": _("The unit that takes over cannot be below the one that closes.")})
    if on is not None and on > today:
        raise Invalid({"on": _("Merge the units on the day it comes into force, or later.")})


def merge(
    session: Session,
    actor: Actor,
    unit: Unit,
    successor: Unit,
    on: date,
    *,
    contacts_move: bool,
    why: str,
    at: datetime,
) -> Merger:
    """Close a unit into another, which takes over the units below it, its people, its open work and its accounts.

    The caller has checked it (`check_merger`) and holds both units.
    """
    who, below = by(actor), _below(session, unit)
    moved = list(session.scalars(subtree_codes(unit.code)))
    for each in below:
        note(session, each, Deed.CHANGED, at, who, field="parent", before=unit.name, after=successor.name, why=why)
        move_unit(session, each, successor)
    people = (
        editing.move_contacts(session, unit, successor, at, who)
        if contacts_move
        else _retire(session, unit, at, actor, why)
    )
    _move_open(session, unit, successor)
    close_unit(session, unit, on, successor)
    note(session, unit, Deed.CLOSED, at, who, after=successor.name, why=why)
    note(session, successor, Deed.CHANGED, at, who, field="merged", after=unit.name, why=why)
    session.flush()
    work = move_open_work(session, actor, unit.code, successor.code, moved, at)
    officers, tokens = move_accounts(session, actor, unit.code, successor.code, at)
    move_webhooks(session, unit.code, successor.code)
    audit(session, actor, "unit.merge", f"unit {unit.code}", at=at, into=successor.code, tasks=work.tasks)
    return Merger(len(below), len(people), work, officers, tokens)


def check_move(session: Session, actor: Actor, unit: Unit, parent: Unit | None) -> None:
    """Invalid where the unit cannot be commanded by that one: both are the steward's, and who commands ranks above."""
    if parent is None:
        raise Invalid({"parent": _("Choose the unit that commands it from now on.")})
    if unit.code == actor.unit_code or not may_edit(session, actor, parent.code):
        raise Invalid({"parent": _("Both units must be below yours: ask the steward of the unit above.")})
    if parent.closed_on is not None:
        raise Invalid({"parent": _("This unit is closed itself: choose the one that took over from it.")})
    if RANKS.index(parent.kind) >= RANKS.index(unit.kind):
        raise Invalid({"parent": _("This unit does not rank above it: a station answers to a hall, a detachment "
                                   "or the corps, a hall to a detachment or the corps.")})  # fmt: skip


def move(session: Session, actor: Actor, unit: Unit, parent: Unit, why: str, at: datetime) -> int:
    """Put a unit, and all below it, under another; the open tickets there climb in the new chain. How many they are.

    The caller has checked it (`check_move`) and holds the unit.
    """
    former = unit.parent.name if unit.parent else ""
    note(session, unit, Deed.CHANGED, at, by(actor), field="parent", before=former, after=parent.name, why=why)
    move_unit(session, unit, parent)
    tickets = climb_anew(session, actor, list(session.scalars(subtree_codes(unit.code))), at)
    audit(session, actor, "unit.move", f"unit {unit.code}", at=at, under=parent.code, tickets=tickets)
    return tickets


def settle_correction(
    session: Session,
    actor: Actor,
    correction: Correction,
    outcome: str,
    values: Mapping[str, str],
    why: str,
    at: datetime,
) -> None:
    """Do what the steward decided. Conflict if another one was quicker; Invalid where a value cannot be entered."""
    if outcome == "changed" and correction.contact is not None and not values:
        raise Invalid({"outcome": _("Fill in below what it is to be changed to.")})
    try:
        corrections.settle(session, correction, outcome, at, actor.name)
    except corrections.SettledCorrectionError as error:
        raise Conflict(SETTLED) from error
    about = correction.contact or correction.unit
    note(
        session,
        about,
        Deed.SETTLED,
        at,
        by(actor),
        field=correction.kind,
        before=correction.text,
        after=outcome,
        why=why,
    )
    if correction.contact is not None:
        _carry_out(session, actor, correction.contact, outcome, values, why, at)
    audit(session, actor, "correction.settle", f"correction {correction.id}", at=at, outcome=outcome)


def change_contact(
    session: Session, actor: Actor, contact: Contact, values: Mapping[str, str], why: str, at: datetime
) -> None:
    """Give a contact the values that were proposed for it; a phone becomes the first one."""
    phones = [PrintedPhone(values["phone"]), *editing.phones_of(contact)[1:]] if values.get("phone") else None
    try:
        editing.change_contact(session, contact, values, at, by(actor), phones=phones, why=why)
    except WrongFieldsError as refused:
        raise Invalid(
            {field.replace("phones.0", "phone"): text for field, text in told(refused).fields.items()}
        ) from refused


def _carry_out(
    session: Session, actor: Actor, contact: Contact, outcome: str, values: Mapping[str, str], why: str, at: datetime
) -> None:
    if contact.state is ContactState.RETIRED:
        return
    if outcome == "kept":
        editing.confirm_contacts(session, [contact], at, by(actor))
    elif outcome == "changed":
        change_contact(session, actor, contact, values, why, at)
    elif outcome == "retired":
        editing.retire_contact(session, contact, at, by(actor), why)


def _below(session: Session, unit: Unit) -> list[Unit]:
    return list(session.scalars(children(unit.code).where(Unit.closed_on.is_(None))))


def _retire(session: Session, unit: Unit, at: datetime, actor: Actor, why: str) -> list[Contact]:
    retired = [contact for contact in unit.contacts if contact.state is not ContactState.RETIRED]
    for contact in retired:
        editing.retire_contact(session, contact, at, by(actor), why)
    return []


def _move_open(session: Session, unit: Unit, successor: Unit) -> None:
    """What is still to be settled, and who is on duty, at the successor."""
    for kind, still in ((Correction, Correction.settled_at.is_(None)), (DutyShift, DutyShift.id.is_not(None))):
        moving = update(kind).where(kind.unit_code == unit.code, still).values(unit_code=successor.code)
        session.execute(moving.execution_options(synchronize_session="fetch"))


def _count(session: Session, kind: type[Officer] | type[ApiToken], code: str) -> int:
    return session.scalar(select(func.count()).where(kind.unit_code == code)) or 0
