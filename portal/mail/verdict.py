"""What a mail server's answer means for a mail, and when it is tried again."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240))
"Before the second, third, … attempt; the last one holds for all further ones."

PATIENCE = timedelta(days=3)
JITTER = 0.2
"How much of a gap chance may take away, so that what failed together is not tried together."

ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")
"An enhanced status code, RFC 3463: class, subject, detail."


class Stage(StrEnum):
    """What the server was asked when it refused."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


class Fate(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    IN_DOUBT = "in doubt"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Verdict:
    """The fate of one attempt, the server's words, and whether they say that the address itself takes no mail."""

    fate: Fate
    words: str = ""
    dead_address: bool = False


def of_refusal(stage: Stage, code: int, words: str) -> Verdict:
    """What a reply code means: 4xx later, 5xx never, anything else no answer at all.

    A refused sender is a fault of our own settings, not of the mail: it waits until somebody has mended them.
    """
    if stage is Stage.SENDER or 400 <= code < 500:
        return Verdict(Fate.LATER, words)
    if 500 <= code < 600:
        return Verdict(Fate.REFUSED, words, dead_address=_about_the_address(code, words))
    return of_break(words, in_doubt=stage is Stage.MESSAGE)


def of_break(words: str, *, in_doubt: bool) -> Verdict:
    """What a connection that ended, or fell silent, means; `in_doubt` once the message itself was sent."""
    return Verdict(Fate.IN_DOUBT if in_doubt else Fate.LATER, words)


def gap(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many attempts; `chance`, 0 to 1, shortens it by up to a fifth."""
    full = GAPS[min(max(attempts, 1), len(GAPS)) - 1]
    return timedelta(seconds=round(full.total_seconds() * (1 - JITTER * chance)))


def given_up(first_try_at: datetime, now: datetime) -> bool:
    """Whether a mail was tried for long enough."""
    return now - first_try_at >= PATIENCE


def _about_the_address(code: int, words: str) -> bool:
    """Subjects 1 and 2 of an enhanced code are address and mailbox; without one, 550 and up are taken for it."""
    found = ENHANCED.search(words)
    return found[1] in {"1", "2"} if found else code >= 550
