"""What other systems are told of, and in which form: facts in, JSON out. There is no field for a citizen's data."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """What a system may subscribe to."""

    TICKET_OPENED = "ticket.opened"
    TASK_SENT = "task.sent"
    TASK_SIGNED_FOR = "task.signed_for"
    TASK_ANSWERED = "task.answered"
    TASK_RETURNED = "task.returned"
    TASK_HANDED_ON = "task.handed_on"
    TASK_CANCELLED = "task.cancelled"
    TICKET_ESCALATED = "ticket.escalated"
    TICKET_RESOLVED = "ticket.resolved"
    TICKET_CLOSED = "ticket.closed"
    TICKET_WITHDRAWN = "ticket.withdrawn"
    TICKET_REOPENED = "ticket.reopened"
    CARD_MADE = "card.made"
    CARD_SENT = "card.sent"
    CARD_RECEIVED = "card.received"
    CONTACT_CHANGED = "contact.changed"
    UNIT_CHANGED = "unit.changed"
    TEST = "test"
    "asked for on the page of a web hook; every system is told"


OF_ENTRY: Mapping[str, EventType] = {
    "opened": EventType.TICKET_OPENED,
    "sent": EventType.TASK_SENT,
    "resent": EventType.TASK_SENT,
    "signed_for": EventType.TASK_SIGNED_FOR,
    "answered": EventType.TASK_ANSWERED,
    "returned": EventType.TASK_RETURNED,
    "handed_on": EventType.TASK_HANDED_ON,
    "cancelled": EventType.TASK_CANCELLED,
    "climbed": EventType.TICKET_ESCALATED,
    "resolved": EventType.TICKET_RESOLVED,
    "closed": EventType.TICKET_CLOSED,
    "withdrawn": EventType.TICKET_WITHDRAWN,
    "reopened": EventType.TICKET_REOPENED,
    "card_made": EventType.CARD_MADE,
    "card_sent": EventType.CARD_SENT,
    "card_received": EventType.CARD_RECEIVED,
}
"By the kind of the entry; the other kinds are read on the ticket."

TOLD_OF_ENTRY = ("rung", "outcome", "happened_at")
"What of an entry's detail is told; all of it is the portal's own, nothing a person wrote."

CHOICES = tuple(kind for kind in EventType if kind is not EventType.TEST)


def body(kind: EventType, at: datetime, data: Mapping[str, Any]) -> str:
    """The event as it travels: `{type, timestamp, data}`, as Standard Webhooks has it."""
    told = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def told_of(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What may be told of an entry's detail: numbers and words of the portal's own."""
    return {name: detail[name] for name in TOLD_OF_ENTRY if isinstance(detail.get(name), int | str)}
