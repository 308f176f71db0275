"""Which tickets one may see, and loading them: what one may not see is not there."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from directory.models import Unit, UnitAncestor
from portal.errors import Hidden
from portal.tickets.lifecycle import TASK_MOVES, TICKET_MOVES, WHO, WHO_TICKET, Side, TaskMove, TicketMove
from portal.tickets.models import Clock, Entry, Party, Task, Ticket
from portal.tickets.number import BadNumber, format_number, parse_number
from portal.tickets.readers import EntryReader
from portal.tickets.shape import KEPT, Shape, bound, finds, shape_of
from portal.web.actor import Actor
from portal.web.permissions import Permission, Role

LATEST_TICKETS, MOST_PARTNERS = 500, 10

NOT_THERE = _(
    "There is no such ticket, or it is not for your unit to see: check the number with the unit that gave it."
)


def visible_to(actor: Actor) -> Select[Ticket]:
    """The tickets that `actor` may see: those of the own unit; a supervisor's, those of the units below as well.

    Every list, count, search, export and answer starts here.
    """
    return select(Ticket).where(_visible(actor))


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.unit_code is None or not actor.may(Permission.TICKET_READ):
        return false()
    return Ticket.id.in_(select(Party.ticket_id).where(_answers_for(actor, Party.unit_code)))


def _answers_for(actor: Actor, unit_code: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The own unit; for a supervisor the units below as well."""
    if Role.SUPERVISOR in actor.roles:
        below = select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == actor.unit_code)
        return unit_code.in_(below)
    return unit_code == actor.unit_code


def seen_by(actor: Actor, ticket_id: Any) -> ColumnElement[bool]:
    """Whether `actor` may see the ticket of this column: what `visible_to` selects, asked of one ticket at a time.

    For a list that walks another index in its order and drops what is not for the reader to see.
    """
    if actor.unit_code is None or not actor.may(Permission.TICKET_READ):
        return false()
    own = select(Party.ticket_id).where(Party.ticket_id == ticket_id)
    if Role.SUPERVISOR not in actor.roles:
        own = own.where(Party.unit_code == actor.unit_code)
    else:
        own = own.where(Party.unit_code == UnitAncestor.unit_code, UnitAncestor.ancestor_code == actor.unit_code)
    return finds(own)


def sees_own(actor: Actor) -> ColumnElement[bool]:
    """The same, of tickets on which the own unit owes something or which it opened: it is a party to each of them."""
    return true() if actor.unit_code is not None and actor.may(Permission.TICKET_READ) else false()


def sees_owing(actor: Actor, unit_code: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The same, of clocks by the unit that owes: it is a party to the ticket of each."""
    return and_(sees_own(actor), _answers_for(actor, unit_code))


def load_ticket(session: Session, actor: Actor, number: str, *, lock: bool = False, tasks: bool = True) -> Ticket:
    """The ticket with its tasks and clocks; Hidden if it is not there or not for `actor` to see.

    `lock` holds it until the transaction ends, so that two who move it come one after the other. Without `tasks` it
    comes alone, for what moves none.
    """
    wanted = _wanted(shape_of(actor), lock=lock)
    ticket = session.scalar(wanted, bound(actor, number=_canonical(number)))
    if ticket is None:
        raise Hidden(NOT_THERE)
    if tasks:
        load_tasks(session, ticket)
    return ticket


@lru_cache(KEPT)
def _wanted(shape: Shape, *, lock: bool) -> Select[Ticket]:
    """Built once for each shape of actor: building it takes longer than running it."""
    statement = visible_to(shape.actor()).where(Ticket.number == bindparam("number"))
    statement = statement.execution_options(populate_existing=True)
    return statement.with_for_update(of=Ticket) if lock else statement


def load_tasks(session: Session, ticket: Ticket) -> None:
    """The tasks with who has them, and every clock, each found from both of its sides."""
    wanted = {"ticket_id": ticket.id}
    tasks, clocks = session.scalars(_TASKS, wanted).all(), session.scalars(_CLOCKS, wanted).all()
    of_task: dict[int | None, list[Clock]] = {task.id: [] for task in tasks}
    for clock in clocks:
        of_task.setdefault(clock.task_id, []).append(clock)
    set_committed_value(ticket, "tasks", list(tasks))
    set_committed_value(ticket, "clocks", list(clocks))
    for task in tasks:
        set_committed_value(task, "clocks", of_task[task.id])


def load_task(session: Session, actor: Actor, number: str, task_id: int, *, lock: bool = False) -> Task:
    """One task of a ticket; Hidden as for the ticket."""
    ticket = load_ticket(session, actor, number, lock=lock)
    for task in ticket.tasks:
        if task.id == task_id:
            return task
    raise Hidden(NOT_THERE)


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Of the entries on tickets that `actor` may see, those that he may read: the rule of `asides` as a condition.

    Every page, count, search, print and answer that reads entries has it, beside `visible_to`.
    """
    between = exists().where(EntryReader.entry_id == Entry.id, _answers_for(actor, EntryReader.unit_code))
    return or_(Entry.aside.is_(False), between)


def entries_of(actor: Actor, ticket: Ticket) -> Select[Entry]:
    """What `actor` may read of a ticket's history, oldest first."""
    return select(Entry).where(Entry.ticket_id == ticket.id, readable_by(actor)).order_by(Entry.id)


def cancellations(ticket: Ticket) -> Select[Entry]:
    """Of each task cancelled the entry that says why: what the portal itself reads, no person's words."""
    return select(Entry).where(Entry.ticket_id == ticket.id, Entry.kind == "cancelled").order_by(Entry.id)


def partners_of(session: Session, unit_code: str | None) -> Sequence[str]:
    """The units with which a unit shares most of its latest tickets, the first of them first; none without a unit."""
    return session.scalars(_partners(), {"unit_code": unit_code}).all() if unit_code else ()


@cache
def _partners() -> Select[str]:
    """Built once: it is asked with every keystroke in a look-up."""
    unit_code: BindParameter[str] = bindparam("unit_code")
    latest = select(Party.ticket_id).where(Party.unit_code == unit_code).order_by(Party.ticket_id.desc())
    own = latest.limit(LATEST_TICKETS).subquery()
    shared = select(Party.unit_code).join(own, own.c.ticket_id == Party.ticket_id).where(Party.unit_code != unit_code)
    counted = shared.group_by(Party.unit_code).order_by(func.count().desc(), Party.unit_code)
    return counted.limit(MOST_PARTNERS)


def running_clocks(ticket: Ticket) -> list[Clock]:
    """The clocks that run, in the order of their tasks; the overall clock last."""
    running = [clock for clock in ticket.clocks if clock.stopped_at is None]
    return sorted(
        running, key=lambda clock: (clock.task.position if clock.task else len(ticket.tasks) + 1, clock.id or 0)
    )


def on_side(actor: Actor, ticket: Ticket, side: Side, task: Task | None = None) -> bool:
    """Whether the actor stands on that side of the ticket."""
    if side is Side.OPENER:
        return actor.unit_code == ticket.opener_code
    return task is not None and side is not Side.SYSTEM and _beside_task(actor, task, side)


def _beside_task(actor: Actor, task: Task, side: Side) -> bool:
    if side is Side.OWING_UNIT:
        return actor.unit_code == task.unit_code
    if Role.SUPERVISOR not in actor.roles:
        return False
    return actor.unit_code == decider_of(task) if side is Side.ONE_LEVEL_UP else actor.unit_code in above(task.unit)


def decider_of(task: Task) -> str:
    """Who grants more time: the unit directly above the owing one, but nobody above the ticket's top."""
    top, higher = task.ticket.top_code, above(task.unit)
    return higher[0] if top in higher else task.unit_code


def above(unit: Unit) -> list[str]:
    """The units above one, the next first."""
    found: list[str] = []
    while unit.parent is not None and unit.parent.code not in found:
        unit = unit.parent
        found.append(unit.code)
    return found


def allowed_moves(actor: Actor, task: Task) -> frozenset[TaskMove]:
    """The moves that `actor` may make on the task now."""
    sides = {side for side in Side if on_side(actor, task.ticket, side, task)}
    moves = {move for state, move in TASK_MOVES if state is task.state and WHO[move] & sides}
    return frozenset(move for move in moves if actor.may(permission_for(move)))


def permission_for(move: TaskMove) -> Permission:
    """What making the move needs, beside standing on the right side."""
    return Permission.EXTENSION_DECIDE if move is TaskMove.EXTEND else Permission.TICKET_MOVE


def allowed_ticket_moves(actor: Actor, ticket: Ticket) -> frozenset[TicketMove]:
    """The moves that `actor` may make on the ticket now."""
    if not actor.may(Permission.TICKET_MOVE):
        return frozenset()
    sides = {side for side in Side if on_side(actor, ticket, side)}
    return frozenset(move for state, move in TICKET_MOVES if state is ticket.state and WHO_TICKET[move] & sides)


def _canonical(number: str) -> str:
    """The number as it is kept, however it was typed."""
    try:
        return format_number(*parse_number(number))
    except BadNumber:
        raise Hidden(NOT_THERE) from None


_TASKS = (
    select(Task)
    .where(Task.ticket_id == bindparam("ticket_id"))
    .options(joinedload(Task.unit), joinedload(Task.assignee), joinedload(Task.assignee_post))
    .order_by(Task.position)
    .execution_options(populate_existing=True)
)
_CLOCKS = (
    select(Clock)
    .where(Clock.ticket_id == bindparam("ticket_id"))
    .order_by(Clock.id)
    .execution_options(populate_existing=True)
)
