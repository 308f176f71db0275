"""Extension (延期): more time, asked for before the limit, granted or refused one level up; asking stops nothing."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.errors import Conflict
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import MESSAGE_LENGTH, Faults, check_text
from portal.tickets.clocks import extend_clock
from portal.tickets.extension import Extension, ExtensionState, granted_of, pending_of
from portal.tickets.forecast import plan_next
from portal.tickets.letters import mail_extension_asked, mail_extension_decided
from portal.tickets.lifecycle import TaskMove
from portal.tickets.models import Task
from portal.tickets.moving import allowed, check_required, make, note
from portal.tickets.queries import decider_of
from portal.tickets.suspending import LIMIT_PASSED
from portal.web.actor import Actor

MOST_DAYS = 30
"Working days of one extension."
MOST_GRANTED = 2
"Extensions granted for one task, in all."


@dataclass(frozen=True)
class Asked:
    """How many working days more, and why, as typed."""

    days: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Decision:
    """Granted or refused, as typed; a refusal gives its reason."""

    granted: bool = False
    reason: str = ""


def ask_extension(session: Session, actor: Actor, task: Task, given: Asked, at: datetime) -> Extension:
    """Ask the unit one level up for more time; its supervisors are mailed. The clock runs on meanwhile."""
    allowed(actor, task, TaskMove.ASK_EXTENSION)
    if at >= task.present_clocks[ClockKind.ANSWER].due_at:
        raise Conflict(LIMIT_PASSED)
    if pending_of(session, task):
        raise Conflict(_("More time was asked for already, and is not decided yet."))
    days = _checked(session, task, given)
    make(actor, task, TaskMove.ASK_EXTENSION)
    decider = decider_of(task)
    entry = note(session, actor, task, "extension_asked", at, text=given.reason.strip(), days=days, unit=decider)
    session.flush()
    request = Extension(task_id=task.id, cycle=task.cycle, days=days, state=ExtensionState.PENDING, asked_at=at,
                        asked_by_id=actor.officer_id, unit_code=task.unit_code, decider_code=decider,
                        entry_id=entry.id)  # fmt: skip
    session.add(request)
    session.flush()
    mail_extension_asked(session, task, request, at)
    return request


def decide_extension(session: Session, actor: Actor, task: Task, given: Decision, at: datetime) -> None:
    """Grant what was asked for, on top of the time the task had, or refuse it with a reason; who asked is mailed."""
    allowed(actor, task, TaskMove.EXTEND)
    request = pending_of(session, task)
    if request is None:
        raise Conflict(_("Nothing is to be decided any more: the request was decided, or the task has moved on."))
    _check_decision(given)
    make(actor, task, TaskMove.EXTEND)
    request.state = ExtensionState.GRANTED if given.granted else ExtensionState.REFUSED
    request.decided_at = at
    if given.granted:
        _extend(session, actor, task, request, given.reason.strip(), at)
    else:
        note(session, actor, task, "extension_refused", at, text=given.reason.strip(), days=request.days)
    mail_extension_decided(session, task, request, at)


def _extend(session: Session, actor: Actor, task: Task, request: Extension, words: str, at: datetime) -> None:
    clock = extend_clock(session, task, request.days, at)
    session.flush()
    plan_next(session, [clock], at)
    note(session, actor, task, "extended", at, text=words, days=request.days, cycle=task.cycle,
         due=clock.due_at.isoformat())  # fmt: skip


def _checked(session: Session, task: Task, given: Asked) -> int:
    faults = Faults()
    check_required("reason", given.reason, MESSAGE_LENGTH, _("Say why the task needs more time."), faults)
    if given.days is None or not 1 <= given.days <= MOST_DAYS:
        faults.note("days", _("Give a number of working days from 1 to %(most)s.", most=MOST_DAYS))
    if granted_of(session, task) >= MOST_GRANTED:
        faults.note("", _("This task was given more time %(n)s times: it cannot be extended again.", n=MOST_GRANTED))
    faults.raise_any()
    return given.days or 0


def _check_decision(given: Decision) -> None:
    faults = Faults()
    check_text("reason", given.reason, MESSAGE_LENGTH, faults)
    if not given.granted and not given.reason.strip():
        faults.note("reason", _("Say why it is refused: the unit must know what to do instead."))
    faults.raise_any()
