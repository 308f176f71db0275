"""Ticket numbers such as `XB2016-000123-7`: year, serial, and a check digit, since they are read over the phone."""

import re
import unicodedata
from enum import StrEnum

FORM = re.compile(r"XB(?P<year>[1-9][0-9]{3})(?P<serial>[0-9]{6}|[1-9][0-9]{6,})(?P<check>[0-9])")
BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]")
"Spaces, hyphens, dashes and the minus sign, which tell nothing."


YEAR_AND_SERIAL = re.compile(r"(?P<year>[1-9][0-9]{3})[\s\-\u2010-\u2015\u2212]+(?P<serial>[0-9]{1,6})")
LONGEST = 13
"Digits of the longest number that is looked for where one was mistyped."


class NumberFault(StrEnum):
    FORM = "form"
    CHECK_DIGIT = "check digit"


class BadNumber(ValueError):  # noqa: N818  an answer, not a fault of the program
    """What was typed is no ticket number; `reason` says why."""

    def __init__(self, reason: NumberFault) -> None:
        super().__init__(f"not a ticket number: {reason}")
        self.reason = reason


def format_number(year: int, serial: int) -> str:
    """The number of the year's ticket `serial`, from 1 on; six digits, more where it needs them."""
    if not 1000 <= year <= 9999 or serial < 1:
        raise ValueError(f"no ticket number for year {year}, serial {serial}")
    return f"XB{year}-{serial:06}-{_check_digit(f'{serial:06}{year}')}"


def parse_number(text: str) -> tuple[int, int]:
    """(year, serial) of a number however it was typed: full-width, lower case, with or without dashes; BadNumber."""
    match = FORM.fullmatch(BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper())
    if match is None or not int(match["serial"]):
        raise BadNumber(NumberFault.FORM)
    if match["check"] != _check_digit(match["serial"] + match["year"]):
        raise BadNumber(NumberFault.CHECK_DIGIT)
    return int(match["year"]), int(match["serial"])


def numbers_meant(text: str, year: int) -> list[str]:
    """The numbers that may be meant by what was typed in `year`, the likeliest first; none where it is no number.

    Without the prefix, the year or the check digit; and where the check digit does not fit, what one slip (a wrong
    digit, two exchanged) makes of a right one.
    """
    plain = unicodedata.normalize("NFKC", text).strip().upper().removeprefix("XB")
    if halves := YEAR_AND_SERIAL.fullmatch(plain):
        return [format_number(int(halves["year"]), int(halves["serial"]))] if int(halves["serial"]) else []
    digits = BETWEEN.sub("", plain)
    if not (digits.isascii() and digits.isdecimal()):
        return []
    if len(digits) <= 6:
        return [format_number(each, int(digits)) for each in (year, year - 1, year - 2)] if int(digits) else []
    right = [found for reading in _readings(digits, year) if (found := _right(reading))]
    return right or list(dict.fromkeys(found for slip in _slips(digits) if (found := _right(slip))))


def _readings(digits: str, year: int) -> list[str]:
    """Seven digits lack the year, ten the check digit."""
    if len(digits) == 7:
        return [f"{each}{digits}" for each in (year, year - 1, year - 2)]
    return [digits + _check_digit(digits[4:] + digits[:4])] if len(digits) == 10 else [digits]


def _right(digits: str) -> str | None:
    try:
        return format_number(*parse_number("XB" + digits))
    except BadNumber:
        return None


def _slips(digits: str) -> list[str]:
    """What becomes of the digits when one is put right, the last first, or two neighbours are exchanged."""
    if not 11 <= len(digits) <= LONGEST:
        return []
    places = range(len(digits) - 1, -1, -1)
    others = [digits[:at] + other + digits[at + 1 :] for at in places for other in "0123456789"]
    return others + [digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in places[1:]]


def _check_digit(digits: str) -> str:
    """ISO 7064, MOD 11,10: finds every wrong digit and nearly every pair of neighbours exchanged."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
