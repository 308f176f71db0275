"""The citizen identity number (公民身份号码, GB 11643): whether it can be one, masked, and found in running text.

The place in its first six digits is not looked up: it tells where the number was first given, and places change.
"""

import re
import unicodedata
from datetime import date
from enum import StrEnum

LENGTH = 18


class Visible(dict[int, int | None]):
    """For `str.translate`: nothing for a character that is not seen, each looked up once."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) == "Cf" else code
        return self[code]


VISIBLE = Visible()
FORM = re.compile(r"[0-9]{17}[0-9X]")
BETWEEN = r"[\s\-\u2010-\u2015\u2212]{0,3}"
GROUPED = re.compile(rf"(?<![0-9])(?=([0-9](?:{BETWEEN}[0-9]){{16}}{BETWEEN}[0-9X])(?![0-9]))")
"Eighteen digits with at most three spaces or dashes between two of them; one may begin inside another."
BARE = re.compile(r"(?<![0-9A-Z])[1-8][0-9]{16}[0-9X](?![0-9A-Z])")
OLD = re.compile(r"(?<![0-9A-Z])[1-8][0-9]{14}(?![0-9A-Z])")
PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83}
)
"What a number begins with (GB/T 2260), the permits of residence of Hong Kong, Macao and Taiwan included."
CHECK_DIGITS = "10X98765432"


class CitizenNumberFault(StrEnum):
    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH_DATE = "birth date"
    FUTURE = "birth date in the future"
    CHECK_DIGIT = "check digit"


class BadCitizenNumber(ValueError):  # noqa: N818  an answer, not a fault of the program
    """What was typed cannot be a citizen identity number; `reason` says why, and the number is not repeated."""

    def __init__(self, reason: CitizenNumberFault) -> None:
        super().__init__(f"not a citizen identity number: {reason}")
        self.reason = reason


def normalise(text: str) -> str:
    """The one spelling under which a number is kept and indexed: half-width, upper X, no spaces, nothing invisible."""
    return "".join(_plain(text).split())


def check(text: str, today: date) -> str:
    """The number, normalised; BadCitizenNumber. A birth after `today` is a fault."""
    number = normalise(text)
    if len(number) != LENGTH:
        raise BadCitizenNumber(CitizenNumberFault.LENGTH)
    if not FORM.fullmatch(number):
        raise BadCitizenNumber(CitizenNumberFault.CHARACTERS)
    if _birth_date(number) > today:
        raise BadCitizenNumber(CitizenNumberFault.FUTURE)
    if number[-1] != _check_digit(number):
        raise BadCitizenNumber(CitizenNumberFault.CHECK_DIGIT)
    return number


def mask(number: str) -> str:
    """`2206**********1234`; of what is too short to be a number nothing is shown."""
    hidden = len(number) - 8
    return number[:4] + "*" * hidden + number[-4:] if len(number) >= 15 else "*" * len(number)


def mask_name(name: str) -> str:
    """`李*`, whatever the name's length."""
    return f"{name.strip()[:1]}*"


def find_in(text: str) -> list[str]:
    """The numbers in running text, normalised, each once, in order: those whose check digit and birth date are right.

    Also found when written full-width, in groups, or around invisible characters.
    """
    return _found(_plain(text))


def holds_number(text: str) -> bool:
    """Whether running text holds an ID number: a right one, one of 18 digits with a slip, or one of the old 15.

    With a slip means written in one piece, with a place it can begin with, and a birth date or a check digit that is
    right; an old one has such a place and a birth date. Phone, ticket and organ numbers are none of these.
    """
    plain = _plain(text)
    slipped = any(_begins(number[0]) and _half_right(number[0]) for number in BARE.finditer(plain))
    old = any(_begins(number[0]) and _is_date(f"19{number[0][6:12]}") for number in OLD.finditer(plain))
    return bool(slipped or old or _found(plain))


def _found(plain: str) -> list[str]:
    candidates = (re.sub(r"[^0-9X]", "", match[1]) for match in GROUPED.finditer(plain))
    return list(dict.fromkeys(number for number in candidates if _plausible(number)))


def _begins(number: str) -> bool:
    return int(number[:2]) in PROVINCES


def _half_right(number: str) -> bool:
    born = number[6:14]
    return ("1900" <= born[:4] < "2100" and _is_date(born)) or number[-1] == _check_digit(number)


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().translate(VISIBLE)


def _plausible(number: str) -> bool:
    try:
        return check(number, date.max) == number
    except BadCitizenNumber:
        return False


def _birth_date(number: str) -> date:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadCitizenNumber(CitizenNumberFault.BIRTH_DATE) from None


def _check_digit(number: str) -> str:
    """ISO 7064, MOD 11-2, over the first seventeen digits."""
    return CHECK_DIGITS[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17])) % 11]
