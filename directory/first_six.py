"""A citizen identity number in a look-up box is cut to its first six digits: no more is needed, no more is kept.

The page cuts it before it is sent (`static/js/first_six.js`, the same rule); what comes here uncut is cut here.
"""

import re
import unicodedata

DIGITS = 6
LENGTH = 18

_BETWEEN = r"[\s\-\u2010-\u2015\u2212]{0,3}"
_NUMBER = re.compile(rf"(?<![0-9+])[1-8](?:{_BETWEEN}[0-9]){{12,17}}(?:{_BETWEEN}[0-9xX])?(?![0-9])")
_BORN = re.compile("[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
LONGER_THAN_ANY_OTHER = 15
"An organ code has twelve digits, a phone number with the country's code at most fourteen."


def first_six(typed: str) -> str:
    """The text with the first six digits alone of each number that is, or begins, a citizen identity number."""
    plain = unicodedata.normalize("NFKC", typed)
    cut = _NUMBER.sub(_cut, plain)
    return typed if cut == plain else cut


def holds_identity_number(text: str) -> bool:
    """Whether a whole citizen identity number stands in the text: eighteen places, a birthday, the right last one."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if len(plain) < LENGTH:
        return False
    numbers = (re.sub("[^0-9xX]", "", found.group()).upper() for found in _NUMBER.finditer(plain))
    return any(len(number) == LENGTH and _BORN.match(number) and _closes(number) for number in numbers)


def _closes(number: str) -> bool:
    """Whether the last place is the check character of GB 11643 (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * pow(2, LENGTH - 1 - place, 11) for place, digit in enumerate(number[:-1]))
    return "10X98765432"[total % 11] == number[-1]


def _cut(found: re.Match[str]) -> str:
    whole = found.group()
    number = re.sub("[^0-9xX]", "", whole)
    together = number == whole and len(number) >= LONGER_THAN_ANY_OTHER
    return number[:DIGITS] if together or _BORN.match(number) else whole
