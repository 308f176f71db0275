"""The mail addresses in a header field or a text: in ASCII, in lower case, and only such as mail servers take."""

import re
from collections.abc import Sequence

from portal.correspondence import decoding

LONGEST = 254

CANDIDATE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}@[A-Za-z0-9_.-]{1,190}")
"In a Chinese sentence an address ends where the Chinese goes on, so that none with a Chinese domain is sought."

LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
UNSAID = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?$)|\([^()]*\)?', re.DOTALL)
"Quoted strings and comments: an address in them is only talk."

SEPARATOR = re.compile(r"[,;]")
ANGLE = re.compile(r"<([^<>]*)>")


def addresses(text: str) -> list[str]:
    """All usable addresses in any text, in order, each once."""
    found = (usable(candidate.rstrip(".")) for candidate in CANDIDATE.findall(text))
    return list(dict.fromkeys(address for address in found if address))


def usable(address: str) -> str | None:
    """In ASCII and lower case; None if no mail server would take it."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if len(domain) <= LONGEST else ""
    except UnicodeError:
        return None
    if not (at and LOCAL.fullmatch(local) and DOMAIN.fullmatch(domain)) or len(local) + len(domain) >= LONGEST:
        return None
    return f"{local}@{domain}"


def only_mailbox(values: Sequence[bytes]) -> tuple[str, str | None]:
    """Name and address of the one mailbox in a From field; no address where there are several, or none is usable."""
    if len(values) != 1:
        return "", None
    text = decoding.unencoded(values[0])
    bare = UNSAID.sub(" ", text)
    said = _said(bare)
    name = decoding.one_line(decoding.words(ANGLE.sub("", text)).replace('"', " ")) if "<" in bare else ""
    return name[:LONGEST], (said.pop() or None) if len(said) == 1 and bare.count("<") <= 1 else None


def _said(bare: str) -> set[str]:
    """The different addresses; one that is unusable is the empty string."""
    inside = ANGLE.findall(bare)
    if not inside:
        return {usable(part) or "" for part in SEPARATOR.split(bare) if part.strip()}
    return {*(usable(part) or "" for part in inside), *addresses(ANGLE.sub(" ", bare))}
