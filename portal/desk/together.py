"""Signing for several tasks at once: each in a transaction of its own, so that one that cannot be hinders no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal.desk.queries import tasks_to_sign
from portal.errors import Refused, Text
from portal.tickets.lifecycle import TaskState
from portal.tickets.moves import sign_for
from portal.tickets.queries import load_task
from portal.web.actor import Actor

MOST = 100
BUSY = _("It is being changed by somebody else: try again.")
ALREADY = _("It was signed for before.")


@dataclass
class Outcome:
    """What became of each."""

    signed: list[str] = field(default_factory=list)
    "numbers of the tickets"
    already: list[str] = field(default_factory=list)
    refused: list[tuple[str, Text]] = field(default_factory=list)


def sign_for_all(session: Session, actor: Actor, task_ids: Sequence[int], at: datetime) -> Outcome:
    """Sign for those that can be; what was signed for before is so, what is not for `actor` to see is not there."""
    outcome = Outcome()
    rows = session.execute(tasks_to_sign(actor, sorted(set(task_ids))[:MOST])).all()
    session.rollback()
    for task_id, number in rows:
        _sign_for_one(session, actor, task_id, number, at, outcome)
    return outcome


def _sign_for_one(session: Session, actor: Actor, task_id: int, number: str, at: datetime, outcome: Outcome) -> None:
    try:
        task = load_task(session, actor, number, task_id, lock=True)
        if task.state is TaskState.SIGNED_FOR:
            outcome.already.append(number)
            session.rollback()
            return
        sign_for(session, actor, task, at)
        session.commit()
    except Refused as refusal:
        session.rollback()
        outcome.refused.append((number, refusal.message))
    except (StaleDataError, OperationalError):
        session.rollback()
        outcome.refused.append((number, BUSY))
    else:
        outcome.signed.append(number)
