"""An officer no longer works at a unit: what was in his hands stays with the unit."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.tickets.history import record
from portal.tickets.lifecycle import SETTLED_STATES
from portal.tickets.models import Task
from portal.web.actor import Actor


def release_tasks(session: Session, actor: Actor, officer_id: int, name: str, at: datetime) -> int:
    """The open tasks that the officer has are the unit's from now on; answers how many. No limit changes."""
    held = (
        select(Task)
        .where(Task.assignee_id == officer_id, Task.state.not_in(SETTLED_STATES))
        .options(joinedload(Task.ticket))
        .order_by(Task.ticket_id, Task.id)
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    )
    tasks = session.scalars(held).all()
    for task in tasks:
        task.assignee_id = None
        record(session, task.ticket, "released", actor, at, task=task, officer=name)
    return len(tasks)
