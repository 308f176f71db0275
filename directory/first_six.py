"""A citizen identity number in a look-up box is cut to its first six digits: no more is needed, no more is kept.

The page cuts it before it is sent (`static/js/first_six.js`, the same rule); what comes here uncut is cut here.
"""

import re
import unicodedata

DIGITS = 6

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


def _cut(found: re.Match[str]) -> str:
    whole = found.group()
    number = re.sub("[^0-9xX]", "", whole)
    together = number == whole and len(number) >= LONGER_THAN_ANY_OTHER
    return number[:DIGITS] if together or _BORN.match(number) else whole
