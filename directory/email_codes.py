"""An address verified by a code: six digits go there by mail, and the address counts once they came back."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from directory.editing import change_contact, confirm_contacts
from directory.entries import Fault, WrongFieldsError, check_email
from directory.history import By
from directory.models import Contact
from directory.upkeep import EmailCode

DIGITS = 6
VALID_FOR = timedelta(minutes=30)
MOST_ATTEMPTS = 5


class CodeFault(StrEnum):
    """Why a code is not taken."""

    NONE_ASKED = "none asked"
    EXPIRED = "expired"
    TOO_OFTEN = "too often"
    WRONG = "wrong"


def ask_code(session: Session, contact: Contact, address: str, at: datetime, by: By) -> str:
    """A new code for this address of the contact, in place of one asked before; the plaintext, for the mail alone.

    WrongFieldsError if it is no address.
    """
    address = address.strip()
    if fault := (Fault.MISSING if not address else check_email(address)):
        raise WrongFieldsError({"email": fault})
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    pending = session.get(EmailCode, contact.id) or EmailCode(contact_id=contact.id)
    pending.address, pending.code_hash = address, _hash(contact.id, address, at, code)
    pending.asked_at, pending.asked_by, pending.expires_at = at, by.name[:120], at + VALID_FOR
    pending.attempts = 0
    session.add(pending)
    return code


def enter_code(session: Session, contact: Contact, code: str, at: datetime, by: By) -> CodeFault | None:
    """Take the code: the contact has the address from now on, confirmed. Else why not, and the attempt counts.

    The caller holds the contact's unit, and commits even where the code is wrong.
    """
    pending = session.get(EmailCode, contact.id)
    if pending is None:
        return CodeFault.NONE_ASKED
    if fault := _unusable(pending, at):
        return fault
    given = _hash(contact.id, pending.address, pending.asked_at, code.strip())
    if not hmac.compare_digest(given, pending.code_hash):
        pending.attempts += 1
        return CodeFault.TOO_OFTEN if pending.attempts >= MOST_ATTEMPTS else CodeFault.WRONG
    change_contact(session, contact, {"email": pending.address}, at, by, why="code")
    confirm_contacts(session, [contact], at, by)
    session.delete(pending)
    return None


def give_up_code(session: Session, contact: Contact) -> None:
    """The address under way is not to be had after all."""
    if pending := session.get(EmailCode, contact.id):
        session.delete(pending)


def _unusable(pending: EmailCode, at: datetime) -> CodeFault | None:
    if pending.attempts >= MOST_ATTEMPTS:
        return CodeFault.TOO_OFTEN
    return CodeFault.EXPIRED if at >= pending.expires_at else None


def _hash(contact_id: int, address: str, asked_at: datetime, code: str) -> str:
    """Salted with what the row tells; half an hour and five attempts are what keeps a code safe."""
    salt = f"{contact_id}\n{address}\n{asked_at.timestamp()}".encode()
    return hashlib.scrypt(code.encode(), salt=salt, n=2**12, r=8, p=1, dklen=32).hex()
