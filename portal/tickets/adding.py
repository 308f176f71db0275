"""A further place on an open ticket: one more unit owes one of its steps."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.models import Unit
from portal.audit.actions import record as audit
from portal.errors import Invalid
from portal.ladder.ladder import UNCOUNTED_PLACES
from portal.tickets.checking import MESSAGE_LENGTH, MOST_PLACES, Faults, unit_fault
from portal.tickets.history import record
from portal.tickets.lifecycle import SETTLED_STATES, TaskState, TicketMove
from portal.tickets.models import Task, Ticket
from portal.tickets.moving import allowed_on_ticket, check_required
from portal.tickets.sending import send_ready
from portal.tickets.settling import add_party, places_changed
from portal.web.actor import Actor


@dataclass(frozen=True)
class Place:
    """Which unit, which step of the ticket (its name), and why, as typed."""

    unit: str = ""
    step: str = ""
    reason: str = ""


def add_place(session: Session, actor: Actor, ticket: Ticket, given: Place, at: datetime) -> Task:
    """One more unit owes a step that the ticket has: with the same limit, in the same order of steps."""
    allowed_on_ticket(actor, ticket, TicketMove.ADD_PLACE)
    unit, like = _checked(session, ticket, given, at)
    task = _another(ticket, like, unit)
    ticket.tasks.append(task)
    session.flush()
    add_party(session, ticket, unit.code)
    audit(session, actor, "ticket.add-place", f"ticket {ticket.number}", at=at, task=task.id, unit=unit.code)
    record(session, ticket, "place_added", actor, at, task=task, text=given.reason.strip(), unit=unit.code,
           place=task.place)  # fmt: skip
    places_changed(session, ticket, at)
    send_ready(session, ticket, at)
    return task


def addable_steps(ticket: Ticket) -> list[Task]:
    """The first task of each step of which a further unit may owe one: not what follows from the chain of command."""
    chosen = {task.step: task for task in reversed(ticket.tasks) if task.place not in UNCOUNTED_PLACES}
    return sorted(chosen.values(), key=lambda task: task.position)


def _checked(session: Session, ticket: Ticket, given: Place, at: datetime) -> tuple[Unit, Task]:
    faults = Faults()
    code = given.unit.strip()
    unit = session.get(Unit, code) if code and "\x00" not in code else None
    today = at.astimezone(calendar_of(session, ticket.opener_code).tz).date()
    like = next((task for task in addable_steps(ticket) if task.step == given.step), None)
    check_required("reason", given.reason, MESSAGE_LENGTH, _("Say what you ask of this unit."), faults)
    if like is None:
        faults.note("step", _("Choose what the unit owes: one of the ticket's steps."))
    if fault := unit_fault(unit, today):
        faults.note("unit", fault)
    elif like is not None and code in _owing(ticket, like.step):
        faults.note("unit", _("This unit owes this step already: choose another unit."))
    if len(ticket.tasks) >= MOST_PLACES:
        faults.note("", _("These are too many places for one ticket: name at most %(most)s.", most=MOST_PLACES))
    faults.raise_any()
    if unit is None or like is None:  # said above
        raise Invalid({"unit": _("There is no unit with this code: look it up by name in the directory.")})
    return unit, like


def _owing(ticket: Ticket, step: str) -> set[str]:
    return {task.unit_code for task in ticket.tasks if task.step == step and task.state not in SETTLED_STATES}


def _another(ticket: Ticket, like: Task, unit: Unit) -> Task:
    return Task(
        position=max(task.position for task in ticket.tasks) + 1,
        step=like.step,
        step_zh=like.step_zh,
        place=like.place,
        unit=unit,
        unit_code=unit.code,
        state=TaskState.WAITING,
        after=list(like.after),
        limit_amount=like.limit_amount,
        limit_unit=like.limit_unit,
        cycle=0,
        handed_on=0,
    )
