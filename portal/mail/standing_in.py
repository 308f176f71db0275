"""Who gets a mail whose recipient takes none: the next person of the same unit who has not had it yet."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from directory.reach import Recipient, reach
from portal.mail.compose import post_instead
from portal.mail.letter import Why
from portal.mail.models import OutboxMail
from portal.mail.queries import addresses_of_the_same

UNIT_IS_MAILED = frozenset({Why.DESK, Why.OPENER, Why.SUPERVISOR})
"What concerns the unit, whoever reads it; the rest concerns one person."

log = logging.getLogger(__name__)


def pass_on(session: Session, mail: OutboxMail, at: datetime) -> OutboxMail | None:
    """The mail written anew to whoever stands in; None where nobody does.

    Each address gets it once at most, so that a chain of dead addresses ends. A fault in writing it anew must not
    keep the verdict on the first mail from being written down: it is logged, and nobody stands in.
    """
    try:
        with session.begin_nested():
            recipient = _stand_in(session, mail)
            return post_instead(session, mail, recipient, at) if recipient else None
    except Exception:
        log.exception("mail %s could not be passed on", mail.id)
        return None


def _stand_in(session: Session, mail: OutboxMail) -> Recipient | None:
    told = session.scalars(addresses_of_the_same(mail)).all()
    had = {address.casefold() for address in (*told, mail.to_address)}
    return next((each for each in _candidates(session, mail) if each.address.casefold() not in had), None)


def _candidates(session: Session, mail: OutboxMail) -> Sequence[Recipient]:
    """The same person at a new address first; then those of the same unit who are mailed as the same."""
    if mail.unit_code is None or not mail.letter:
        return []
    reached = reach(session, [mail.unit_code])
    why = Why(mail.letter["why"])
    if why not in UNIT_IS_MAILED:
        return []
    others = reached.all_supervisors(mail.unit_code) if why is Why.SUPERVISOR else reached.all_of_desk(mail.unit_code)
    return sorted(others, key=lambda each: each.contact_id != mail.contact_id)
