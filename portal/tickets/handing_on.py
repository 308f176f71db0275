"""Handing on (转办): the task goes to another unit, which signs for it anew; the answer's due time stays."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.chain import ChainError
from directory.models import Unit
from directory.reach import reach
from portal.errors import Invalid
from portal.ladder.ladder import ClockKind, top_of_ladder
from portal.tickets.checking import MESSAGE_LENGTH, Faults, unit_fault
from portal.tickets.clocks import hand_over, parents_of, tasks_for_top
from portal.tickets.history import record
from portal.tickets.letters import mail_arrival, mail_ping_pong
from portal.tickets.lifecycle import TaskMove
from portal.tickets.models import Task
from portal.tickets.moving import allowed, check_required, make, note
from portal.tickets.settling import add_party, drop_request, places_changed
from portal.web.actor import PORTAL, Actor

PING_PONG = 3
"Times that a task is handed on, in all, at which the lowest common superior is told."


@dataclass(frozen=True)
class HandOn:
    """To whom, and why, as typed."""

    unit: str = ""
    reason: str = ""


def hand_on(session: Session, actor: Actor, task: Task, given: HandOn, at: datetime) -> None:
    """Give the task to another unit; the old one stays on the ticket. Invalid where it cannot take it.

    The answer's due time and the rungs climbed stay; the next rung is in the new unit's chain.
    """
    allowed(actor, task, TaskMove.HAND_ON)
    unit = _checked(session, task, given, at)
    make(actor, task, TaskMove.HAND_ON)
    drop_request(session, task, at)
    former, task.unit, task.unit_code = task.unit_code, unit, unit.code
    task.handed_on += 1
    task.sent_at, task.signed_for_at = at, None
    task.assignee = task.assignee_post = None
    hand_over(session, task, at)
    add_party(session, task.ticket, unit.code)
    places_changed(session, task.ticket, at)
    _write(session, actor, task, former, given.reason.strip(), at)
    mail_arrival(session, task.ticket, task, at)
    if task.handed_on == PING_PONG:
        _tell_superior(session, task, at)


def _checked(session: Session, task: Task, given: HandOn, at: datetime) -> Unit:
    faults = Faults()
    code = given.unit.strip()
    unit = session.get(Unit, code) if code and "\x00" not in code else None
    today = at.astimezone(calendar_of(session, task.unit_code).tz).date()
    check_required("reason", given.reason, MESSAGE_LENGTH, _("Say why the task belongs to the other unit."), faults)
    if not code:
        faults.note("unit", _("Choose the unit to which the task goes: type a part of its name or its code."))
    elif fault := unit_fault(unit, today):
        faults.note("unit", fault)
    elif code == task.unit_code:
        faults.note("unit", _("This unit has the task already: choose another one."))
    elif not _commanded(session, task, code):
        faults.note("unit", _("No unit commands both this one and the others: its chain of command is broken."))
    faults.raise_any()
    if unit is None:  # said above
        raise Invalid({"unit": _("There is no unit with this code: look it up by name in the directory.")})
    return unit


def _commanded(session: Session, task: Task, code: str) -> bool:
    """Whether the ladder would have a top with that unit."""
    ticket = task.ticket
    others = [one for one in ticket.tasks if one is not task]
    try:
        top_of_ladder(
            ticket.opener_code,
            [*tasks_for_top(others), (str(task.place), code, False)],
            parents_of(session, ticket, code),
        )
    except ChainError:
        return False
    return True


def _write(session: Session, actor: Actor, task: Task, former: str, reason: str, at: datetime) -> None:
    clocks = task.present_clocks
    note(session, actor, task, "handed_on", at, text=reason, unit=task.unit_code, former=former, cycle=task.cycle,
         times=task.handed_on, due={kind: clock.due_at.isoformat() for kind, clock in clocks.items()},
         limits={kind: [clock.limit_amount, clock.limit_unit] for kind, clock in clocks.items()
                 if kind is ClockKind.SIGN_FOR})  # fmt: skip


def _tell_superior(session: Session, task: Task, at: datetime) -> None:
    """Ping-pong (推诿): one mail, now; the key of the entry is unique, so that it is told once."""
    top, ticket = task.ticket.top_code, task.ticket
    reached = reach(session, [top], at)
    told = () if ticket.drill and top != ticket.opener_code else reached.supervisors(top, at, own=ticket.drill)
    record(session, ticket, "ping_pong", PORTAL, at, task=task, submission_key=f"ping-pong {task.id}", unit=top,
           times=task.handed_on, recipients=[recipient.address for recipient in told])  # fmt: skip
    for recipient in told:
        mail_ping_pong(session, task, recipient, at)
