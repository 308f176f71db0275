"""Who of the owing unit has a task: an officer, or a post of the directory; nobody's task is the unit's.

Who is out of office hands it to the deputy: at the assignment, or when the absence begins (`hand_to_deputies`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask_babel import lazy_gettext as _
from sqlalchemy import CTE, CompoundSelect, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from directory.duty import deputies_at, stand_in
from directory.models import Contact, ContactState
from directory.upkeep import Absence
from portal.accounts.models import Officer
from portal.errors import Invalid
from portal.tickets.lifecycle import OPEN_STATES, TaskMove, TaskState
from portal.tickets.models import Task, Ticket
from portal.tickets.moving import make, note
from portal.web.actor import PORTAL, Actor

NOBODY = ""
NOT_OF_UNIT = _("Choose somebody of your own unit, or nobody: then it is the unit's.")
Assignee = Officer | Contact | None


@dataclass(frozen=True)
class Assignment:
    """Who has it: `officer 12`, `post 7`, or nothing."""

    to: str = NOBODY


def assign(session: Session, actor: Actor, task: Task, given: Assignment, at: datetime) -> None:
    """Give a task to somebody of the unit that owes it, or back to the unit."""
    make(actor, task, TaskMove.ASSIGN)
    meant = _found(session, task, given.to)
    has_it = _there(session, task, meant, at)
    _give(task, has_it)
    note(session, actor, task, "assigned", at, to=has_it.name if has_it else "",
         instead_of=meant.name if meant is not None and has_it is not meant else "")  # fmt: skip


def officers_of(unit_code: str) -> Select[Officer]:
    """The officers of a unit who can be given a task."""
    return select(Officer).where(Officer.unit_code == unit_code, Officer.active.is_(True)).order_by(Officer.name)


def posts_of(unit_code: str) -> Select[Contact]:
    """The posts of a unit in the directory that can be given a task."""
    there = and_(Contact.unit_code == unit_code, Contact.state != ContactState.RETIRED)
    return select(Contact).where(there).order_by(Contact.role, Contact.rank, Contact.id)


def hand_to_deputies(session: Session, at: datetime, limit: int = 200) -> int:
    """Hand the open tasks of those who are out of office by now to their deputies, where they have some; how many."""
    handed = 0
    for task in session.scalars(_of_absent(at, limit)).unique().all():
        meant = task.assignee or task.assignee_post
        has_it = _there(session, task, meant, at)
        if meant is not None and has_it is not None and has_it is not meant:
            _give(task, has_it)
            note(session, PORTAL, task, "assigned", at, to=has_it.name, instead_of=meant.name)
            handed += 1
    session.flush()
    return handed


def falling_to(actor: Actor, at: datetime) -> CompoundSelect[int]:
    """The tasks that are the officer's own: by name, by a post that he holds, or as deputy of who is out of office.

    Each by an index of what is assigned: of a unit that assigns nothing nothing is looked through.
    """
    posts = _stood_in(actor, at)
    same = and_(Contact.unit_code == Officer.unit_code, func.lower(Contact.email) == func.lower(Officer.email))
    held = select(Officer.id).join(Contact, same).where(Officer.unit_code == actor.unit_code)
    away = held.where(Contact.id.in_(select(posts.c.id))).subquery()
    named = select(Task.id).where(Task.assignee_id == actor.officer_id, Task.assignee_id.is_not(None))
    by_post = select(Task.id).join(posts, posts.c.id == Task.assignee_post_id)
    return named.union(by_post, select(Task.id).join(away, away.c.id == Task.assignee_id))


def _stood_in(actor: Actor, at: datetime) -> CTE:
    """The posts that the officer holds, known by the address, and those of who is away with one of these as deputy."""
    own = posts_of(cast(str, actor.unit_code)).join(Officer, func.lower(Officer.email) == func.lower(Contact.email))
    held = own.where(Officer.id == actor.officer_id).order_by(None).with_only_columns(Contact.id).cte(recursive=True)
    away = select(Absence.contact_id).where(Absence.begins_at <= at, Absence.ends_at > at)
    return held.union(away.join(held, held.c.id == Absence.deputy_contact_id))


def _found(session: Session, task: Task, to: str) -> Assignee:
    kind, _gap, number = to.partition(" ")
    if not to:
        return None
    known: dict[str, Select[Officer] | Select[Contact]] = {
        "officer": officers_of(task.unit_code),
        "post": posts_of(task.unit_code),
    }
    everybody: Sequence[Officer | Contact] = session.scalars(known[kind]).all() if kind in known else ()
    found = next((one for one in everybody if str(one.id) == number), None)
    if found is None:
        raise Invalid({"to": NOT_OF_UNIT})
    return found


def _there(session: Session, task: Task, meant: Assignee, at: datetime) -> Assignee:
    """Whoever is meant, or the deputy of one out of office; an officer is known in the directory by the address."""
    contact = meant if isinstance(meant, Contact) else _contact_of(session, meant)
    if meant is None or contact is None:
        return meant
    away = session.scalars(select(Absence).where(Absence.begins_at <= at, Absence.ends_at > at)).all()
    stands = stand_in(contact.id, deputies_at(away, at))
    if stands is None or stands == contact.id:
        return meant
    deputy = session.get_one(Contact, stands)
    if deputy.unit_code != task.unit_code:
        return meant
    return _officer_of(session, deputy) or deputy


def _contact_of(session: Session, officer: Officer | None) -> Contact | None:
    if officer is None or not officer.email:
        return None
    address = func.lower(Contact.email) == officer.email.lower()
    return session.scalar(posts_of(officer.unit_code).where(address).limit(1))


def _officer_of(session: Session, contact: Contact) -> Officer | None:
    if not contact.email:
        return None
    address = func.lower(Officer.email) == contact.email.lower()
    return session.scalar(officers_of(contact.unit_code).where(address).limit(1))


def _give(task: Task, has_it: Assignee) -> None:
    task.assignee = has_it if isinstance(has_it, Officer) else None
    task.assignee_post = has_it if isinstance(has_it, Contact) else None


def _of_absent(at: datetime, limit: int) -> Select[Task]:
    """The open tasks of somebody who is out of office at that instant and has a deputy."""
    away = (
        select(Contact)
        .join(Absence, Absence.contact_id == Contact.id)
        .where(Absence.begins_at <= at, Absence.ends_at > at, Absence.deputy_contact_id.is_not(None))
        .subquery()
    )
    absent_officer = select(Officer.id).join(
        away, and_(away.c.unit_code == Officer.unit_code, func.lower(away.c.email) == func.lower(Officer.email))
    )
    working = OPEN_STATES - {TaskState.RETURNED}
    return (
        select(Task)
        .join(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.state.in_(working))
        .where(or_(Task.assignee_post_id.in_(select(away.c.id)), Task.assignee_id.in_(absent_officer)))
        .options(joinedload(Task.ticket))
        .order_by(Task.id)
        .limit(limit)
        .with_for_update(of=Ticket, skip_locked=True)
        .execution_options(populate_existing=True)
    )
