"""What became of an incoming message, and why."""

from dataclasses import dataclass
from enum import StrEnum

from portal.correspondence.models import Effect
from portal.tickets.models import Entry


class Reason(StrEnum):
    """Why a message had its effect and no other; the review page has the words."""

    NONE = ""
    DELAYED = "delayed"
    MACHINE = "machine"
    LOOP = "loop"
    TOO_MANY = "too many"
    NOT_OURS = "not ours"
    UNCLEAR = "unclear"
    LASTING = "lasting"
    PASSING = "passing"
    REPLIES_OFF = "replies off"
    NO_TOKEN = "no token"  # noqa: S105  a reason
    UNKNOWN_SENDER = "unknown sender"
    NOT_THEIRS = "not theirs"
    EMPTY = "empty"
    REFUSED = "refused"
    AGAIN = "again"
    UNREADABLE = "unreadable"
    FAULT = "fault"


@dataclass(frozen=True)
class Outcome:
    """The effect, the reason for it, and what else is to be kept: a server's words, or what could not be read."""

    effect: Effect
    reason: Reason = Reason.NONE
    detail: str = ""
    entry: Entry | None = None
