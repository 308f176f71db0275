"""The links in a mail about the directory: *No longer me*, and *confirm my table*. What they say is read again from
the database, so that a link is good only as long as what it was made for is so."""

from typing import cast

from flask import current_app
from sqlalchemy.orm import Session

from directory.models import Contact, ContactState, Unit
from portal.config import Settings
from portal.web.links import BadLink, Expired, Purpose, make, read


def confirm_table_url(unit: Unit) -> str:
    """The whole address of the page on which a unit's table is confirmed."""
    settings = cast(Settings, current_app.extensions["settings"])
    return f"{settings.base_url}/confirm-table/{make(Purpose.CONFIRM_TABLE, unit.code)}"


def contact_of(session: Session, token: str, *, lock: bool = False) -> Contact:
    """Whose *No longer me* it is; Expired once the contact is retired or has another address, BadLink if it is none.

    With `lock`, held until the end of the transaction: two presses at once are one.
    """
    contact_id, address = read(Purpose.NO_LONGER_ME, token)
    contact = session.get(Contact, contact_id, with_for_update=lock, populate_existing=True)
    if contact is None:
        raise BadLink(Purpose.NO_LONGER_ME)
    if contact.state is ContactState.RETIRED or (contact.email or "").casefold() != str(address).casefold():
        raise Expired(Purpose.NO_LONGER_ME)
    return contact


def unit_of(session: Session, token: str) -> Unit:
    """Whose table it is; Expired once the unit is closed, BadLink if it is none."""
    unit = session.get(Unit, read(Purpose.CONFIRM_TABLE, token))
    if unit is None:
        raise BadLink(Purpose.CONFIRM_TABLE)
    if unit.closed_on is not None:
        raise Expired(Purpose.CONFIRM_TABLE)
    return unit
