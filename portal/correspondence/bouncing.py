"""A mail that came back: the row of the outbox and the contact learn of it, and nothing else happens.

No mail is ever caused by a bounce: a thousand of them at once stay a thousand rows. The next mail of the unit goes to
the next contact by itself, since a contact whose mail comes back is not reachable.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.corrections import mark_bounced, raise_correction
from directory.models import Contact, ContactState, CorrectionKind
from portal.correspondence.bounces import Failure
from portal.correspondence.models import Effect
from portal.correspondence.outcome import Outcome, Reason
from portal.mail.models import MailState, OutboxMail


def note_bounce(session: Session, failure: Failure | None, mail: OutboxMail | None, at: datetime) -> Outcome:
    """Write down that a mail of ours did not arrive; what is not ours, or says nothing clear, is kept for review."""
    if mail is None:
        return Outcome(Effect.KEPT, Reason.NOT_OURS, failure.words if failure else "")
    if failure is None:
        return Outcome(Effect.KEPT, Reason.UNCLEAR)
    _fail(mail, failure, at)
    contact = _contact_of(session, mail)
    if contact is not None and failure.dead_address:
        mark_bounced(session, contact, failure.words, at)
    elif contact is not None:
        _doubt(session, contact, failure, at)
    return Outcome(Effect.BOUNCED, Reason.LASTING if failure.dead_address else Reason.PASSING, failure.words)


def _fail(mail: OutboxMail, failure: Failure, at: datetime) -> None:
    """What was sent has not arrived after all; a mail that was passed on meanwhile stays so."""
    mail.bounced_at = mail.bounced_at or at
    mail.server_reply = failure.words[:500]
    if mail.state in {MailState.SENT, MailState.UNKNOWN, MailState.DEFERRED}:
        mail.state, mail.lease, mail.next_try_at = MailState.FAILED, None, at


def _contact_of(session: Session, mail: OutboxMail) -> Contact | None:
    """The contact, as long as that is its address."""
    contact = session.get(Contact, mail.contact_id, with_for_update=True) if mail.contact_id is not None else None
    return contact if contact and (contact.email or "").lower() == mail.to_address.lower() else None


def _doubt(session: Session, contact: Contact, failure: Failure, at: datetime) -> None:
    """A full mailbox, a server that suspects us: the contact is mailed again, and its steward is asked to look."""
    contact.bounced_at = at
    if contact.state in {ContactState.CONFIRMED, ContactState.UNCONFIRMED}:
        contact.state = ContactState.SUSPECT
        raise_correction(session, contact, CorrectionKind.BOUNCED, failure.words, at, contact.email or "")
