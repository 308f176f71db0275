"""Ticket numbers such as `XB2016-000123-7`: year, serial, and a check digit, since they are read over the phone."""

import re
import unicodedata
from enum import StrEnum

FORM = re.compile(r"XB(?P<year>[1-9][0-9]{3})(?P<serial>[0-9]{6}|[1-9][0-9]{6,})(?P<check>[0-9])")
BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212]")
"Spaces, hyphens, dashes and the minus sign, which tell nothing."


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


def _check_digit(digits: str) -> str:
    """ISO 7064, MOD 11,10: finds every wrong digit and nearly every pair of neighbours exchanged."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
