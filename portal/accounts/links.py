"""The link with which an officer chooses a password for the first time, or again after losing it: good once."""

import hashlib

from flask import current_app
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.accounts.queries import officer_to_change
from portal.web.links import BadLink, Expired, Purpose, make, read

PURPOSE = Purpose.FIRST_SIGN_IN


def first_sign_in_url(officer: Officer) -> str:
    """The whole address, for a mail or a terminal; the officer has been flushed."""
    token = make(PURPOSE, [officer.id, fingerprint(officer)])
    return f"{current_app.extensions['settings'].base_url}/first-sign-in/{token}"


def officer_of(session: Session, token: str) -> Officer:
    """Whose link it is; raises Expired if it is too old or was used, BadLink if it is none.

    Locks the officer until the end of the transaction, so that two uses at once are one.
    """
    officer_id, mark = read(PURPOSE, token)
    officer = session.scalar(officer_to_change(officer_id).execution_options(populate_existing=True))
    if officer is None:
        raise BadLink(PURPOSE)
    if mark != fingerprint(officer):
        raise Expired(PURPOSE)
    return officer


def fingerprint(officer: Officer) -> str:
    """Changes with the password, and with each newer link; tells nothing of either."""
    return hashlib.sha256(f"{officer.id} {officer.link_serial} {officer.password_hash}".encode()).hexdigest()[:16]
