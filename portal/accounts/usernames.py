"""What a username looks like, and which one is proposed for a new officer."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

LONGEST = 60
_ALLOWED = re.compile(r"[\w][\w.@-]{1,59}")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def normal(username: str) -> str:
    """The username as it is kept and compared: full width, capitals and blanks around it do not count.

    A NUL, which PostgreSQL takes in no text, becomes a sign that no username has.
    """
    return unicodedata.normalize("NFKC", username).strip().lower().replace("\0", "\ufffd")


def allowed(username: str) -> bool:
    """Whether a normal username may be given: 2 to 60 letters, digits, and . @ - _ inside."""
    return _ALLOWED.fullmatch(username) is not None


def proposals(name: str, unit_code: str) -> Iterator[str]:
    """Usernames to try in turn: `li.wei`, `li.wei2` for Li Wei; `220204000000-1`, `-2` where the name is Chinese."""
    base = _SEPARATORS.sub(".", name.lower()).strip(".")[: LONGEST - 6] if name.isascii() else ""
    if allowed(base):
        yield base
        yield from (f"{base}{number}" for number in count(2))
    yield from (f"{unit_code.lower()}-{number}" for number in count(1))
