"""What an administrator does about a mail: try it again, or give it to somebody else. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session, joinedload

from directory.models import Contact
from directory.queries import chain, reachable
from directory.reach import recipient_of
from portal.audit.actions import record as audit
from portal.errors import Conflict, Invalid
from portal.mail.compose import post_instead
from portal.mail.models import MailState, OutboxMail
from portal.mail.queries import OutboxFilter, filtered
from portal.web.actor import Actor

RETRIABLE = (MailState.DEFERRED, MailState.UNKNOWN, MailState.FAILED, MailState.SUPPRESSED)
REDIRECTABLE = (MailState.QUEUED, *RETRIABLE)


def retry(session: Session, actor: Actor, mail: OutboxMail, at: datetime) -> None:
    """Due at once, under the same Message-ID, with three days of patience from now; Conflict where that cannot be."""
    if session.execute(_due_again(at).where(OutboxMail.id == mail.id).returning(OutboxMail.id)).one_or_none() is None:
        raise Conflict(_("This mail cannot be tried again now: it is waiting, on its way, sent or redirected."))
    session.expire(mail)
    audit(session, actor, "mail.retry", f"mail {mail.id}", at=at)


def retry_all(session: Session, actor: Actor, wanted: OutboxFilter, at: datetime) -> int:
    """All mails of a filter that can be tried again; how many."""
    ids = filtered(wanted).with_only_columns(OutboxMail.id).order_by(None)
    tried = session.scalars(_due_again(at).where(OutboxMail.id.in_(ids)).returning(OutboxMail.id)).all()
    audit(session, actor, "mail.retry-all", "outbox", at=at, mails=len(tried))
    return len(tried)


def send_now(session: Session, written_at: datetime, now: datetime) -> None:
    """Mails of an instant that was only asked about, and is still to come, are due now."""
    waiting = update(OutboxMail).where(OutboxMail.state == MailState.QUEUED, OutboxMail.created_at == written_at)
    due = waiting.where(OutboxMail.next_try_at > now).values(next_try_at=now)
    session.execute(due.execution_options(synchronize_session=False))


def redirect(session: Session, actor: Actor, mail: OutboxMail, contact_id: int | None, at: datetime) -> OutboxMail:
    """The same mail, written anew to another contact of the unit or of one above it; this one is done with."""
    contact = next((each for each in candidates(session, mail) if each.id == contact_id), None)
    if contact is None:
        raise Invalid({"contact": _("Choose who gets the mail instead.")})
    taken = update(OutboxMail).where(OutboxMail.id == mail.id, OutboxMail.state.in_(REDIRECTABLE))
    redirected = taken.values(state=MailState.REDIRECTED, lease=None, next_try_at=at).returning(OutboxMail.id)
    if not mail.letter or session.execute(redirected).one_or_none() is None:
        raise Conflict(_("This mail cannot be redirected now: it is on its way, sent or redirected already."))
    session.expire(mail)
    made = post_instead(session, mail, recipient_of(contact), at)
    audit(session, actor, "mail.redirect", f"mail {mail.id}", at=at, contact=contact.id)
    return made


def candidates(session: Session, mail: OutboxMail) -> Sequence[Contact]:
    """Who can be mailed instead: the others of the unit, then those of the units above it, as far as it may be told."""
    if mail.unit_code is None or not mail.letter:
        return []
    codes = _as_far_as_allowed(mail, [unit.code for unit in session.scalars(chain(mail.unit_code))])
    found = session.scalars(reachable(codes).options(joinedload(Contact.unit))).all()
    others = [each for each in found if (each.email or "").lower() != mail.to_address.lower()]
    return sorted(others, key=lambda each: codes.index(each.unit_code))


def _as_far_as_allowed(mail: OutboxMail, codes: list[str]) -> list[str]:
    """Of the unit and those above it; of a mail about a ticket whose ceiling is not among them, the unit alone."""
    ceiling = mail.letter.get("ceiling", "")
    if ceiling in codes:
        return codes[: codes.index(ceiling) + 1]
    return codes[:1] if ceiling or mail.ticket_number else codes


def may_be_retried(mail: OutboxMail) -> bool:
    return mail.state in RETRIABLE


def retriable(session: Session, wanted: OutboxFilter) -> int:
    """How many mails of a filter can be tried again."""
    ids = filtered(wanted).where(OutboxMail.state.in_(RETRIABLE)).with_only_columns(OutboxMail.id).order_by(None)
    return len(session.scalars(select(OutboxMail.id).where(OutboxMail.id.in_(ids))).all())


def _due_again(at: datetime) -> Update:
    again = update(OutboxMail).where(OutboxMail.state.in_(RETRIABLE))
    return again.values(
        state=MailState.QUEUED, lease=None, next_try_at=at, first_try_at=None, bounced_at=None
    ).execution_options(synchronize_session=False)
