"""The mail with the code by which an address is verified; written with the code's row, so that neither is without the
other."""

from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy.orm import Session

from directory.email_codes import VALID_FOR, ask_code
from directory.models import Contact
from directory.reach import Recipient
from portal.audit.actions import record as audit
from portal.config import Settings
from portal.contacts.scope import by
from portal.mail.compose import post
from portal.mail.letter import Letter, Notice, Why
from portal.web.actor import Actor


def send_code(session: Session, actor: Actor, contact: Contact, address: str, at: datetime) -> None:
    """Ask for a code to this address, and mail it there; WrongFieldsError if it is no address.

    The mail is to an address, not to the contact, which does not have it yet: it offers no *No longer me*.
    """
    code = ask_code(session, contact, address, at, by(actor))
    unit = contact.unit
    recipient = Recipient(address.strip(), contact.name, contact.language, unit.code)
    notice = Notice(unit=unit.name, code=code, due_at=at + VALID_FOR)
    base = cast(Settings, current_app.extensions["settings"]).base_url
    url = f"{base}/directory/units/{unit.code}"
    post(session, Letter("email-code", recipient, why=Why.ADDRESS, unit=unit.name, url=url, notice=notice), at)
    audit(session, actor, "contact.code-asked", f"contact {contact.id}", at=at, unit=unit.code)
