"""A citizen's name and ID number: encrypted from the first row on, shown masked, in full only with a reason."""

from dataclasses import dataclass, field
from datetime import date, datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.errors import Invalid, Text
from portal.tickets.history import record
from portal.tickets.models import Citizen, Ticket
from portal.web.actor import Actor
from portal.web.citizen_number import BadCitizenNumber, CitizenNumberFault, check, holds_number, mask, mask_name
from portal.web.forms import NOT_HERE

NAME, NUMBER = "citizen.name", "citizen.number"
FAULTS = {
    CitizenNumberFault.LENGTH: _("An ID number has 18 characters: check that none is missing or doubled."),
    CitizenNumberFault.CHARACTERS: _("An ID number has 17 digits and a last character that is a digit or X."),
    CitizenNumberFault.BIRTH_DATE: _("Digits 7 to 14 are no date of birth: check them against the card."),
    CitizenNumberFault.FUTURE: _("Digits 7 to 14 are a day yet to come: check them against the card."),
    CitizenNumberFault.CHECK_DIGIT: _("The last character does not fit the others: compare the number with the card."),
}


@dataclass(frozen=True)
class CitizenFacts:
    """What was typed of one citizen; either field may be empty."""

    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)


def checked_number(text: str, today: date) -> tuple[str, Text | None]:
    """(the number, normalised; what is wrong with it, or None)."""
    try:
        return check(text, today), None
    except BadCitizenNumber as error:
        return text, FAULTS[error.reason]


def encrypted(facts: CitizenFacts, position: int, cipher: Cipher) -> Citizen:
    """The row that keeps the citizen; `id_number` must be normalised."""
    number = facts.id_number
    return Citizen(
        position=position,
        name_cipher=cipher.encrypt(facts.name, NAME),
        number_cipher=cipher.encrypt(number, NUMBER) if number else None,
        number_index=cipher.blind_index(number) if number else None,
    )


def in_full(citizen: Citizen, cipher: Cipher) -> CitizenFacts:
    number = cipher.decrypt(citizen.number_cipher, NUMBER) if citizen.number_cipher else ""
    return CitizenFacts(cipher.decrypt(citizen.name_cipher, NAME), number)


def masked(citizen: Citizen, cipher: Cipher) -> CitizenFacts:
    """As shown everywhere: 李*, 2206**********1234."""
    facts = in_full(citizen, cipher)
    return CitizenFacts(mask_name(facts.name), mask(facts.id_number))


def reveal(
    session: Session, actor: Actor, ticket: Ticket, reason: str, at: datetime, cipher: Cipher
) -> list[CitizenFacts]:
    """The ticket's citizens in full; the reason goes into the audit log, the fact onto the ticket."""
    if not reason.strip():
        raise Invalid({"reason": _("Say why you need to see it: the reason is kept in the audit log.")})
    if holds_number(reason):
        raise Invalid({"reason": NOT_HERE})
    audit(session, actor, "citizen.reveal", f"ticket {ticket.number}", at=at, reason=reason.strip()[:500])
    record(session, ticket, "revealed", actor, at)
    return [in_full(citizen, cipher) for citizen in ticket.citizens]
