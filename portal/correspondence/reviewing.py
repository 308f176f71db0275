"""What an administrator does about a message that was kept: it is looked at once, and may be told to be a bounce."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.correspondence.bounces import Failure
from portal.correspondence.bouncing import note_bounce
from portal.correspondence.models import Effect, IncomingMail
from portal.errors import Conflict
from portal.web.actor import Actor


def review(session: Session, actor: Actor, incoming: IncomingMail, at: datetime, *, as_bounce: bool = False) -> None:
    """Take a kept message off the list; as a bounce, the mail and the contact that it is about learn of it.

    Conflict if another one was quicker, or if it is not known of which mail it is the bounce.
    """
    if as_bounce and incoming.outbox_mail is None:
        raise Conflict(_("It is not known which mail came back: look at the message in the mailbox."))
    ours = IncomingMail.id == incoming.id, IncomingMail.effect == Effect.KEPT, IncomingMail.reviewed_at.is_(None)
    reviewed = update(IncomingMail).where(*ours).values(reviewed_at=at, reviewed_by=actor.name[:120])
    if session.execute(reviewed.returning(IncomingMail.id)).one_or_none() is None:
        raise Conflict(_("Somebody else has reviewed this message already."))
    session.expire(incoming)
    if as_bounce:
        words = incoming.detail or "reviewed by an administrator"
        failure = Failure((), "", permanent=True, dead_address=True, words=words, message_ids=())
        outcome = note_bounce(session, failure, incoming.outbox_mail, at)
        incoming.effect, incoming.reason = outcome.effect, outcome.reason
    audit(session, actor, "incoming.review", f"incoming {incoming.id}", at=at, as_bounce=as_bounce)
