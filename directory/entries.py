"""What may be entered for a unit or a contact: shapes that are checked, with the fault of each field."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from directory.first_six import holds_identity_number
from directory.phones import LONGEST_REMARK, PrintedPhone

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z0-9-]{2,}")
NUMBER = re.compile(r"\+?[0-9][0-9 ()-]*[0-9]")
FEWEST_DIGITS, MOST_DIGITS = 3, 16
LONGEST_EXTENSION = 8
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

LONGEST: Mapping[str, int] = {
    "name": 60,
    "unit_name": 100,
    "post": 60,
    "email": 254,
    "former_names": 400,
    "address": 200,
    "public_phone": 40,
    "remark": 2_000,
    "note": 120,
    "why": 200,
}


class Fault(StrEnum):
    """What is wrong with a field."""

    MISSING = "missing"
    TOO_LONG = "too long"
    CONTROL = "control characters"
    IDENTITY = "an identity number"
    NO_ADDRESS = "no email address"
    NO_NUMBER = "no phone number"
    NO_EXTENSION = "no extension"
    ENDS_FIRST = "ends before it begins"
    TOO_FAR = "too long a time"
    OWN_DEPUTY = "one's own deputy"
    THERE = "there already"
    NO_HOURS = "no hours"


class WrongFieldsError(ValueError):
    """Fields that cannot be entered so; `faults` by the field's name."""

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        super().__init__(", ".join(f"{field}: {fault}" for field, fault in faults.items()))
        self.faults = dict(faults)


def check_fields(
    values: Mapping[str, Any],
    required: frozenset[str],
    phones: Sequence[PrintedPhone] = (),
    longest: Mapping[str, int] = LONGEST,
) -> None:
    """WrongFieldsError where a text is missing, too long for its column, or holds what cannot be shown.

    A phone is at fault under `phones.0`, `phones.1` …
    """
    faults = {field: fault for field, value in values.items() if (fault := _fault(field, value, required, longest))}
    faults |= {f"phones.{n}": fault for n, phone in enumerate(phones) if (fault := check_phone(phone))}
    if faults:
        raise WrongFieldsError(faults)


def check_email(address: str) -> Fault | None:
    """An address that mail can be sent to, as far as its shape tells."""
    if len(address) > LONGEST["email"]:
        return Fault.TOO_LONG
    plain = EMAIL.fullmatch(address) and ".." not in address and not address.startswith(".") and ".@" not in address
    return None if plain else Fault.NO_ADDRESS


def check_phone(phone: PrintedPhone) -> Fault | None:
    """A number that can be written down; whether it can be dialled is looked at by the check of the directory."""
    digits = sum(character.isdecimal() for character in phone.number)
    if not NUMBER.fullmatch(phone.number) or not FEWEST_DIGITS <= digits <= MOST_DIGITS:
        return Fault.NO_NUMBER
    if phone.extension and not (phone.extension.isdecimal() and len(phone.extension) <= LONGEST_EXTENSION):
        return Fault.NO_EXTENSION
    return Fault.TOO_LONG if len(phone.remark) > LONGEST_REMARK else None


def _fault(field: str, value: Any, required: frozenset[str], longest: Mapping[str, int]) -> Fault | None:
    if field in required and not value:
        return Fault.MISSING
    if not isinstance(value, str):
        return None
    if len(value) > longest.get(field, len(value)):
        return Fault.TOO_LONG
    if CONTROL.search(value):
        return Fault.CONTROL
    if holds_identity_number(value):
        return Fault.IDENTITY
    return check_email(value) if field == "email" and value else None
