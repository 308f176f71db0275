"""The units that one's own works with most, as a look-up ranks by them: remembered for a minute, for it is asked with
each keystroke, and what it decides is the order among equals."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from portal.tickets.queries import partners_of

LASTS = timedelta(minutes=1)
MOST_UNITS = 5_000
PARTNERS = "partners"
"Key of `Flask.extensions` under which this process keeps them: by unit, since when, and which."

Kept = dict[str, tuple[datetime, Sequence[str]]]


def partners_lately(session: Session, unit_code: str | None, at: datetime) -> Sequence[str]:
    """As they were at most a minute ago; none without a unit."""
    if unit_code is None:
        return ()
    known: Kept = current_app.extensions.setdefault(PARTNERS, {})
    since, partners = known.get(unit_code, (None, ()))
    if since is None or not timedelta(0) <= at - since < LASTS:
        partners = partners_of(session, unit_code)
        if len(known) >= MOST_UNITS:
            known.clear()
        known[unit_code] = at, partners
    return partners
