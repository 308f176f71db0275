"""What came in."""

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.correspondence.models import Effect, IncomingMail


def incoming(*, to_review: bool, before: int | None) -> Select[IncomingMail]:
    """What came in, newest first; of what is to be reviewed the oldest first, since it waits. From a row on."""
    found = select(IncomingMail).options(joinedload(IncomingMail.outbox_mail))
    if to_review:
        waiting = found.where(IncomingMail.effect == Effect.KEPT, IncomingMail.reviewed_at.is_(None))
        return (waiting if before is None else waiting.where(IncomingMail.id > before)).order_by(IncomingMail.id)
    return (found if before is None else found.where(IncomingMail.id < before)).order_by(IncomingMail.id.desc())
