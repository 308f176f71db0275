"""Which state of a ticket a caller knows (`ETag`), and refusing to move one that has changed since (`If-Match`).

A ticket's tag is made of the versions that guard its pages, its own and its tasks', and of the newest entry that the
caller may read; a task's is its own version. A caller may send either with a move.
"""

from flask import request
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import Refused
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.queries import readable_by
from portal.web.actor import Actor


class Changed(Refused):
    """It is not any more what the caller had seen."""

    status = 412


def tag_of(session: Session, actor: Actor, ticket: Ticket) -> str:
    """What was written to others alone is not in it: nobody learns that it was."""
    newest = session.scalar(select(func.max(Entry.id)).where(Entry.ticket_id == ticket.id, readable_by(actor)))
    return f"{ticket.version}-{'.'.join(str(task.version) for task in ticket.tasks)}-{newest}"


def tag_of_task(task: Task) -> str:
    return f"{task.id}.{task.version}"


def check_unchanged(session: Session, actor: Actor, ticket: Ticket, task: Task | None = None) -> None:
    """Changed, if the caller sent `If-Match` and it names neither the ticket's tag nor the task's."""
    known = request.if_match
    if not known:
        return
    present = [tag_of(session, actor, ticket), *([tag_of_task(task)] if task else [])]
    if not any(known.contains(tag) for tag in present):
        raise Changed(_("It has changed since you read it, and nothing was done: read it again, and decide anew."))
