"""A ticket's history: one entry for each thing that happened, never changed afterwards."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.terms.indexing import index_texts
from portal.tickets.models import Entry, Task, Ticket
from portal.web.actor import Actor


def record(
    session: Session,
    ticket: Ticket,
    kind: str,
    actor: Actor,
    at: datetime,
    *,
    task: Task | None = None,
    text: str = "",
    submission_key: str | None = None,
    aside: bool = False,
    **detail: Any,
) -> Entry:
    """Add one entry in the transaction of its cause, found by its words from then on.

    `text` is what a person wrote, `detail` what the portal knows.
    """
    given = {"submission_key": submission_key, "aside": aside}
    entry = Entry(**written(ticket, kind, actor, at, task=task, text=text, **detail), **given)
    session.add(entry)
    if text:
        index_texts(session, ticket.id, [text])
    return entry


def written(
    ticket: Ticket, kind: str, actor: Actor, at: datetime, *, task: Task | None = None, text: str = "", **detail: Any
) -> dict[str, Any]:
    """An entry as its row is, for many that go in together; its words are left to be indexed."""
    return {**line(ticket, kind, actor, at, task), "text": text, "detail": detail}


def line(ticket: Ticket, kind: str, actor: Actor, at: datetime, task: Task | None = None) -> dict[str, Any]:
    """What every entry says: where, when, what, and who."""
    return {
        "ticket_id": ticket.id,
        "task_id": task.id if task else None,
        "at": at,
        "kind": kind,
        "by_officer_id": actor.officer_id,
        "by_unit_code": actor.unit_code,
        "by": actor.name,
    }
