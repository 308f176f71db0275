"""Officers move and leave: the account changes, and what they had in hand stays with their unit."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import keeping
from portal.accounts.models import Officer
from portal.tickets.releasing import release_tasks
from portal.web.actor import Actor


def move(session: Session, actor: Actor, officer: Officer, unit_code: str, at: datetime) -> int:
    """To another unit; answers how many open tasks stay with the former one."""
    keeping.move(session, actor, officer, unit_code, at)
    return release_tasks(session, actor, officer.id, officer.name, at)


def leave(session: Session, actor: Actor, officer: Officer, why: str, at: datetime) -> int:
    """The account is switched off; answers how many open tasks stay with the unit."""
    keeping.deactivate(session, actor, officer, at, why)
    return release_tasks(session, actor, officer.id, officer.name, at)
