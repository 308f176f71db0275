"""What a password may be, and how it is kept: argon2id.

Long rather than complicated (NIST SP 800-63B, ASVS 5 6.2): no rule asks for digits or signs, what is easily guessed is
refused, and nothing is ever cut off.
"""

import unicodedata
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.guessable import guessable

SHORTEST = 12
LONGEST = 200
SHORTEST_USERNAME_SOUGHT = 3
"A shorter username is found in too many good passwords to be looked for."

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


class Weakness(StrEnum):
    SHORT = "short"
    LONG = "long"
    CONTAINS_USERNAME = "contains username"
    GUESSABLE = "guessable"


def weakness(password: str, username: str) -> Weakness | None:
    """Why this password is refused for this username, if it is."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        return Weakness.SHORT
    if len(normal) > LONGEST:
        return Weakness.LONG
    if len(username) >= SHORTEST_USERNAME_SOUGHT and username.casefold() in normal.casefold():
        return Weakness.CONTAINS_USERNAME
    return Weakness.GUESSABLE if guessable(normal) else None


def hashed(password: str) -> str:
    """The password as it is kept; takes about 0.2 s, on purpose."""
    return _HASHER.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; without a hash the same work is done, so that time tells no usernames."""
    normal = _normal(password)
    known = password_hash if len(normal) <= LONGEST else None
    try:
        return _HASHER.verify(known or _NOBODY, normal) and bool(known)
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
