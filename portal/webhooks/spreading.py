"""From what happened to what each system is told of it: once for every entry and every change of the directory.

What is untold says so in its own row, written in the transaction of its cause. So nothing is lost, and no request
waits for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from directory.upkeep import Change, Deed
from portal.config import Settings
from portal.tickets.models import Entry
from portal.webhooks.events import OF_ENTRY, EventType, body, told_of
from portal.webhooks.models import Webhook, WebhookDelivery
from portal.webhooks.queries import tickets_for, told_now, untold_changes, untold_entries

BATCH = 500
CHANGED = frozenset({Deed.ADDED, Deed.CHANGED, Deed.RETIRED, Deed.CLOSED, Deed.REMOVED})
"A contact that was confirmed, or doubted, is still the same."


@dataclass(frozen=True)
class Event:
    """What happened, and whom it concerns: everybody, or those who may see the ticket."""

    id: str
    kind: EventType
    at: datetime
    about: str
    data: dict[str, Any]
    ticket_id: int | None = None
    only_unit: str | None = None
    "of a drill the opener alone is told"


def spread(session: Session, settings: Settings, at: datetime) -> int:
    """Write the deliveries of the next events; how many entries and changes were looked at. The caller commits."""
    rows = session.execute(untold_entries(BATCH)).all()
    changes = session.scalars(untold_changes(BATCH)).all()
    webhooks = session.scalars(told_now()).all() if rows or changes else ()
    if webhooks:
        events = [*(event for row in rows if (event := _of_entry(row, settings))), *_of_changes(changes, settings)]
        session.add_all(_deliveries(session, webhooks, events, settings.timezone, at))
    _note_told(session, Entry, [row[0].id for row in rows])
    _note_told(session, Change, [change.id for change in changes])
    return len(rows) + len(changes)


def delivery(webhook: Webhook, event: Event, zone: tzinfo, at: datetime) -> WebhookDelivery:
    """The event for one web hook, due at once."""
    return WebhookDelivery(
        webhook_id=webhook.id,
        event_id=event.id,
        kind=event.kind,
        about=event.about,
        body=body(event.kind, event.at.astimezone(zone), event.data),
        made_at=at,
        next_try_at=at,
    )


def _deliveries(
    session: Session, webhooks: Sequence[Webhook], events: Sequence[Event], zone: tzinfo, at: datetime
) -> list[WebhookDelivery]:
    tickets = {event.ticket_id for event in events if event.ticket_id is not None}
    seen = {code: {*session.scalars(tickets_for(code, tickets))} for code in {one.unit_code for one in webhooks}}
    return [
        delivery(webhook, event, zone, at)
        for event in events
        for webhook in webhooks
        if _concerns(webhook, event, seen[webhook.unit_code])
    ]


def _concerns(webhook: Webhook, event: Event, seen: set[int]) -> bool:
    if webhook.events and event.kind not in webhook.events:
        return False
    if event.only_unit is not None and event.only_unit != webhook.unit_code:
        return False
    return event.ticket_id is None or event.ticket_id in seen


def _of_entry(row: Any, settings: Settings) -> Event | None:
    entry, number, reference, opener, drill, task_id, step, unit = row
    kind = OF_ENTRY.get(entry.kind)
    if kind is None or entry.aside:
        return None
    data = {
        "ticket": number,
        "reference": reference,
        "drill": drill,
        "entry": entry.id,
        "by": entry.by_unit_code,
        "task": {"id": task_id, "step": step, "unit": unit} if task_id is not None else None,
        **told_of(entry.detail),
        "url": f"{settings.base_url}/tickets/{number}",
        "api_url": f"{settings.base_url}/api/v1/tickets/{number}",
    }
    return Event(f"entry_{entry.id}", kind, entry.at, number, data, entry.ticket_id, opener if drill else None)


def _of_changes(changes: Iterable[Change], settings: Settings) -> list[Event]:
    """One event for what was saved together."""
    together: dict[tuple[str, int | None, datetime], list[Change]] = defaultdict(list)
    for change in changes:
        if change.deed in CHANGED:
            together[change.unit_code, change.contact_id, change.at].append(change)
    return [_of_change(lines, settings) for lines in together.values()]


def _of_change(lines: Sequence[Change], settings: Settings) -> Event:
    last = lines[-1]
    data = {
        "unit": last.unit_code,
        "contact": last.contact_id,
        "deeds": sorted({str(line.deed) for line in lines}),
        "fields": sorted({line.field for line in lines if line.field}),
        "url": f"{settings.base_url}/directory/units/{last.unit_code}",
        "api_url": f"{settings.base_url}/api/v1/units/{last.unit_code}/contacts",
    }
    kind = EventType.UNIT_CHANGED if last.contact_id is None else EventType.CONTACT_CHANGED
    return Event(f"change_{last.id}", kind, last.at, last.unit_code, data)


def _note_told(session: Session, model: Any, ids: Sequence[int]) -> None:
    if ids:
        told = update(model).where(model.id.in_(ids)).values(untold=False)
        session.execute(told, execution_options={"synchronize_session": False})
