"""A letter: what is told to one person, in facts; and the same as JSON, so that it can be written anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypedDict

TICKET_KINDS = (
    "arrival",
    "urge",
    "escalation",
    "digest",
    "answered",
    "returned",
    "ping-pong",
    "extension-asked",
    "extension-decided",
    "mention",
)
KINDS = (*TICKET_KINDS, "standing", "reply-entered", "reply-refused", "confirmation", "email-code", "unreachable",
         "webhook-stopped")  # fmt: skip
"A folder of `templates/email` each."

INSTANT = "$instant"
PLAIN = frozenset({str, int, bool, type(None)})
"Types that JSON holds as they are: nearly all that a letter has."


class Why(StrEnum):
    """As what the recipient is mailed; also who may stand in where an address takes no mail."""

    DESK = "desk"
    OPENER = "opener"
    SUPERVISOR = "supervisor"
    ASSIGNEE = "assignee"
    STEWARD = "steward"
    ADDRESS = "address"
    WRITER = "writer"
    ASKER = "asker"
    NAMED = "named"
    ADMINISTRATOR = "administrator"


class Addressee(Protocol):
    """Who is mailed, as whose contact, in which language (`zh` or `en`)."""

    @property
    def address(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def contact_id(self) -> int | None: ...
    @property
    def unit_code(self) -> str | None: ...


class Mailed(TypedDict):
    """A rung that was climbed before."""

    unit: str
    at: datetime


class Item(TypedDict, total=False):
    """All that a mail may say of one limit of one task; whatever else a context holds, no template gets to see it.

    Never a citizen's name or ID number, never a subject or a message: there is no field for them.
    """

    number: str
    url: str
    procedure_zh: str
    procedure_en: str
    step_zh: str
    step_en: str
    opener: str
    owing: str
    clock: str
    "which limit: sign_for, answer or overall"
    sent_at: datetime | None
    due_at: datetime
    provisional: bool
    urgent: bool
    drill: bool
    left_minutes: int | None
    "urge: working minutes that are left"
    rung: int | None
    mailed: list[Mailed]
    "escalation: who was mailed before"
    next_unit: str | None
    next_at: datetime | None
    sign_for_due_at: datetime | None
    "arrival"
    outcome: str
    "answered: done or refused"
    answered_at: datetime | None
    resolved: bool
    "answered: whether it was the ticket's last task"
    returned_by: str | None
    returned_at: datetime | None
    handed_on: int
    "ping-pong: how often"
    days: int
    "extension: working days asked for"
    granted: bool
    "extension-decided"


class SilentUnit(TypedDict):
    """A unit at which nobody is reached."""

    unit: str
    rung: str
    "desk or supervisors"
    ladders: int
    "how many units' ladders pass there"


class SkippedRung(TypedDict):
    """A rung that reached nobody."""

    number: str
    unit: str
    at: datetime


class Notice(TypedDict, total=False):
    """All that a mail about the directory may say."""

    unit: str
    contacts: int
    due_at: datetime
    code: str
    "by which an address is verified"
    silent: list[SilentUnit]
    "unreachable: the units, at most so many as a mail holds"
    silent_count: int
    standing_count: int
    "standing: how many there are, also where not all are listed"
    skipped: list[SkippedRung]
    "unreachable: rungs at which nobody was mailed since the day before"
    system: str
    "webhook-stopped: what the web hook is called"
    since: datetime
    words: str
    "what the receiver said last"
    waiting: int
    "events that are kept for it"


@dataclass(frozen=True)
class Letter:
    """What is to be told to one person.

    `items`: the limits of one ticket, of many (`digest`), or none; `notice` where it is about the directory. `url`: the
    one link, the ticket's if none is given. `copy`: for information, somebody else is asked to act. `why` and `unit`:
    as what of which unit this person is mailed.
    """

    kind: str
    recipient: Addressee
    items: list[Item] = field(default_factory=list)
    ticket_number: str | None = None
    copy: bool = False
    why: Why = Why.DESK
    unit: str = ""
    url: str = ""
    notice: Notice | None = None
    ceiling: str = ""
    "code of the highest unit at which somebody may be given it instead; empty: whoever commands the recipient's"

    def facts(self) -> dict[str, Any]:
        """All but the recipient, as JSON holds it."""
        given = {"items": self.items, "notice": self.notice, "url": self.url, "why": str(self.why), "unit": self.unit,
                 "ceiling": self.ceiling}  # fmt: skip
        return {name: packed(value) for name, value in given.items()}


def to_somebody_else(kind: str, facts: Mapping[str, Any], recipient: Addressee, **others: Any) -> Letter:
    """The letter of which `facts` were kept, to another person."""
    given = {**unpacked(facts), "why": Why(facts["why"])}
    return Letter(kind, recipient, **given, **others)


def packed(value: Any) -> Any:
    """As JSON holds it, instants told from texts."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, datetime):
        return {INSTANT: value.isoformat()}
    if isinstance(value, Mapping):
        return {str(key): inner if type(inner) in PLAIN else packed(inner) for key, inner in value.items()}
    return [packed(inner) for inner in value] if isinstance(value, list | tuple) else value


def unpacked(value: Any) -> Any:
    """What `packed` took, back again."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        if INSTANT in value and len(value) == 1:
            return datetime.fromisoformat(value[INSTANT])
        return {key: inner if type(inner) in PLAIN else unpacked(inner) for key, inner in value.items()}
    return [unpacked(inner) for inner in value] if isinstance(value, list) else value
