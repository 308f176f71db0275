"""What an answer to an event means for it, and for its web hook."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.mail.verdict import PATIENCE, gap, given_up

__all__ = ["PATIENCE", "Fate", "Verdict", "gap", "of_status", "too_long"]

PAUSE = timedelta(minutes=1)
"Nothing more is tried for so long at a receiver that could not be reached."


class Fate(StrEnum):
    """What became of one attempt."""

    TAKEN = "taken"
    REFUSED = "refused"
    "the receiver answered, but not with 2xx: of this event alone"
    UNREACHABLE = "unreachable"
    "no answer came: true of every event"
    GONE = "gone"
    "410: the receiver wants no more of them"


@dataclass(frozen=True)
class Verdict:
    """The fate of one attempt, and the receiver's words or what stood in the way."""

    fate: Fate
    words: str = ""


def of_status(status: int, words: str) -> Verdict:
    """2xx alone is yes. A redirection is not followed: it could lead where the portal must not go."""
    said = f"HTTP {status} {words}".strip()
    if 200 <= status < 300:
        return Verdict(Fate.TAKEN, said)
    if 300 <= status < 400:
        return Verdict(Fate.REFUSED, f"{said} (a redirection is not followed)")
    return Verdict(Fate.GONE if status == 410 else Fate.REFUSED, said)


def too_long(since: datetime | None, now: datetime) -> bool:
    """Whether it has failed for as long as the portal has patience."""
    return since is not None and given_up(since, now)
