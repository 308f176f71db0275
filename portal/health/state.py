"""What is ill: facts in, answer out, in the words that an administrator reads; empty words say that it is well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAIL_MAY_WAIT = timedelta(hours=1)
"As long as one mail waits while others leave, it is that mail's own trouble."
ENOUGH_DISK = 1024**3
"Bytes: attachments of a few weeks, or the log of a day that went wrong."
CALENDAR_AHEAD = timedelta(days=60)
"So far ahead limits are computed: the longest is sixty days."


@dataclass(frozen=True)
class Waiting:
    """Mails on their way: since when the oldest has been due, and when the last one left; None: none."""

    oldest: datetime | None
    last_sent: datetime | None


@dataclass(frozen=True)
class Disk:
    """The file system of a folder: bytes that are left to us, and whether we may write there."""

    free: int
    writable: bool


def silent_loops(beats: Mapping[str, datetime], loops: Sequence[str], at: datetime, after: timedelta) -> list[str]:
    """The loops round which no worker has gone for that long, or ever."""
    return [loop for loop in loops if loop not in beats or at - beats[loop] > after]


def ill_outbox(waiting: Waiting, at: datetime) -> str:
    """Something waits too long, and nothing at all has left meanwhile."""
    limit = at - MAIL_MAY_WAIT
    if waiting.oldest is None or waiting.oldest > limit:
        return ""
    if waiting.last_sent is not None and waiting.last_sent > limit:
        return ""
    return f"no mail has left while the oldest has waited for {(at - waiting.oldest) // timedelta(minutes=1)} minutes"


def ill_disk(disk: Disk) -> str:
    """The folder cannot be written, or hardly any more."""
    if not disk.writable:
        return "the instance folder cannot be written"
    if disk.free < ENOUGH_DISK:
        return f"the disk of the instance folder has {disk.free // 1024**2} MiB left"
    return ""


def ill_calendar(known_until: date, today: date) -> str:
    """The limits of what is opened today may rest on assumed days."""
    if known_until >= today + CALENDAR_AHEAD:
        return ""
    return f"working days are known until {known_until.isoformat()} only: load the next year's calendar"
