"""What is to be put right: raised by a bounce, by *No longer me*, by an officer; settled by a steward."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from directory.history import By, note
from directory.models import Contact, ContactState, Correction, CorrectionKind, Unit
from directory.queries import subtree_codes
from directory.upkeep import Deed, Source

LONGEST_TEXT = 2_000
OUTCOMES = ("kept", "changed", "retired", "dismissed")


class SettledCorrectionError(ValueError):
    """A correction that is settled already."""

    def __init__(self, correction_id: int) -> None:
        super().__init__(f"correction {correction_id} is settled")
        self.correction_id = correction_id


def mark_bounced(session: Session, contact: Contact, words: str, at: datetime) -> Correction | None:
    """Mail to the contact came back for good, with the server's words: no more is sent there until it is put right."""
    contact.bounced_at = at
    if contact.state is ContactState.RETIRED:
        return None
    if contact.state is not ContactState.BOUNCING:
        by = By("portal", source=Source.MAIL)
        note(session, contact, Deed.DOUBTED, at, by, field=CorrectionKind.BOUNCED, before=contact.email, why=words)
    contact.state = ContactState.BOUNCING
    return raise_correction(session, contact, CorrectionKind.BOUNCED, words, at, contact.email or "")


def disown(session: Session, contact: Contact, text: str, at: datetime) -> Correction | None:
    """*No longer me* was said at the contact's address: it is mailed no more until a steward has looked at it."""
    if contact.state is ContactState.RETIRED:
        return None
    if contact.disowned_at is None:
        by = By(contact.email or contact.name, source=Source.LINK)
        note(session, contact, Deed.DOUBTED, at, by, field=CorrectionKind.DISOWNED, before=contact.email, why=text)
    contact.disowned_at = contact.disowned_at or at
    if contact.state is not ContactState.BOUNCING:
        contact.state = ContactState.SUSPECT
    return raise_correction(session, contact, CorrectionKind.DISOWNED, text, at, contact.email or "")


def raise_correction(
    session: Session,
    contact: Contact,
    kind: CorrectionKind,
    text: str,
    at: datetime,
    by: str,
    proposal: dict[str, Any] | None = None,
) -> Correction:
    """A correction of this kind; while one made by the portal is open, the same again is that one.

    Two at once raise one: the unique index decides.
    """
    made = Correction(
        unit_code=contact.unit_code,
        contact_id=contact.id,
        kind=kind,
        text=text[:LONGEST_TEXT],
        proposal=proposal or {},
        raised_at=at,
        raised_by=by[:120],
    )
    session.flush()
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        return session.scalars(open_of(contact.id, kind)).one()
    return made


def report(
    session: Session,
    unit: Unit,
    contact: Contact | None,
    text: str,
    at: datetime,
    by: str,
    proposal: dict[str, Any] | None = None,
) -> Correction:
    """An officer says that something about a unit, or about a contact of it, is wrong."""
    made = Correction(
        unit_code=unit.code,
        contact_id=contact.id if contact else None,
        kind=CorrectionKind.REPORTED,
        text=text[:LONGEST_TEXT],
        proposal=proposal or {},
        raised_at=at,
        raised_by=by[:120],
    )
    session.add(made)
    return made


def settle(session: Session, correction: Correction, outcome: str, at: datetime, by: str) -> None:
    """What the steward decided: one of `OUTCOMES`. A contact that is kept or changed is mailed again.

    SettledCorrectionError if another one was quicker.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"not an outcome of a correction: {outcome!r}")
    ours = Correction.id == correction.id, Correction.settled_at.is_(None)
    settled = update(Correction).where(*ours).values(settled_at=at, settled_by=by[:120], outcome=outcome)
    if session.execute(settled.returning(Correction.id)).one_or_none() is None:
        raise SettledCorrectionError(correction.id)
    session.expire(correction)
    if correction.contact and outcome in {"kept", "changed"}:
        _trust_again(correction.contact, correction.kind, at)


def open_of(contact_id: int, kind: CorrectionKind) -> Select[Correction]:
    """The open corrections of one kind about a contact."""
    return select(Correction).where(
        Correction.contact_id == contact_id, Correction.kind == kind, Correction.settled_at.is_(None)
    )


def open_below(code: str | None) -> Select[Correction]:
    """The open corrections at a unit and all units below it, the longest open first, with unit and contact at hand.

    Of None, those of the whole directory.
    """
    statement = select(Correction).where(Correction.settled_at.is_(None))
    if code is not None:
        statement = statement.where(Correction.unit_code.in_(subtree_codes(code)))
    at_hand = joinedload(Correction.unit).joinedload(Unit.parent), joinedload(Correction.contact)
    return statement.options(*at_hand).order_by(Correction.raised_at, Correction.id)


def _trust_again(contact: Contact, kind: CorrectionKind, at: datetime) -> None:
    if kind is CorrectionKind.REPORTED or contact.state is ContactState.RETIRED:
        return
    contact.disowned_at = None
    contact.state, contact.verified_at = ContactState.CONFIRMED, at
