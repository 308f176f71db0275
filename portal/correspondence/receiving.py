"""What one incoming message does: once, however often it comes, and never a mail for a bounce."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.correspondence.arrival import Arrival, look_at
from portal.correspondence.bouncing import note_bounce
from portal.correspondence.models import Effect, IncomingMail
from portal.correspondence.outcome import Outcome, Reason
from portal.correspondence.replying import enter_reply
from portal.correspondence.sorting import Sort
from portal.mail.models import OutboxMail
from portal.mail.queries import of_message_ids, of_token

FILED = {Sort.DELAYED: Reason.DELAYED, Sort.AUTOMATIC: Reason.MACHINE, Sort.LOOP: Reason.LOOP}


def receive(session: Session, raw: bytes, settings: Settings, at: datetime) -> IncomingMail:
    """Read a message and let it have its effect; the row says which. One that came before has none a second time.

    Two workers that read the mailbox at once: the unique digest lets one of them go on.
    """
    arrival, digest = look_at(raw, settings), hashlib.sha256(raw).hexdigest()
    if seen := session.scalar(select(IncomingMail).where(IncomingMail.digest == digest)):
        return seen
    incoming = IncomingMail(
        digest=digest,
        message_id=(arrival.received.message_id or "")[:200],
        received_at=at,
        sender=arrival.received.sender or "",
        sort=arrival.sort,
        effect=Effect.KEPT,
        size=len(raw),
        outbox_mail=_mail_of(session, arrival),
    )
    try:
        with session.begin_nested():
            session.add(incoming)
    except IntegrityError:
        return session.scalars(select(IncomingMail).where(IncomingMail.digest == digest)).one()
    outcome = _outcome(session, incoming, arrival, settings, at)
    incoming.effect, incoming.reason, incoming.detail = outcome.effect, outcome.reason, outcome.detail[:500]
    incoming.entry = outcome.entry
    return incoming


def keep_unreadable(session: Session, raw: bytes, at: datetime, fault: str) -> None:
    """A message over which the portal itself failed: kept for review, so that it is not tried for ever."""
    digest = hashlib.sha256(raw).hexdigest()
    if session.scalar(select(IncomingMail.id).where(IncomingMail.digest == digest)) is None:
        session.add(
            IncomingMail(digest=digest, received_at=at, sort="unreadable", effect=Effect.KEPT, reason=Reason.FAULT,
                         detail=fault[:500], size=len(raw))
        )  # fmt: skip


def _outcome(session: Session, incoming: IncomingMail, arrival: Arrival, settings: Settings, at: datetime) -> Outcome:
    if arrival.sort in FILED:
        return Outcome(Effect.FILED, FILED[arrival.sort])
    if arrival.sort is Sort.BOUNCE:
        return note_bounce(session, arrival.failure, incoming.outbox_mail, at)
    return enter_reply(session, incoming, arrival, settings.mail, at)


def _mail_of(session: Session, arrival: Arrival) -> OutboxMail | None:
    """Which of our mails this comes back to: by the token of our address, else by the ids that it names."""
    if arrival.back is not None and (mail := session.scalar(of_token(arrival.back.token))):
        return mail
    return session.scalars(of_message_ids(arrival.ids)).first() if arrival.ids else None
