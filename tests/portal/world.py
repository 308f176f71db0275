"""Steps that several behaviour tests take: open a ticket, sweep, and look at the outbox."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.cipher import cipher
from portal.escalation.sweep import SweepReport, sweep
from portal.extensions import db
from portal.mail.models import OutboxMail
from portal.tickets.checking import Opening
from portal.tickets.models import Task, Ticket
from portal.tickets.opening import open_ticket
from portal.tickets.queries import load_task
from portal.web.actor import Actor
from tests.factories import actor_at


def opened(session: Session, opener: Unit, registry: Unit | None, at: datetime, **others: object) -> Ticket:
    """A ticket, committed; an enquiry unless `others` say otherwise."""
    given = {"procedure": "enquiry", "message": "请协助核对。", "registry": registry.code if registry else "", **others}
    ticket = open_ticket(session, actor_at(opener), Opening(**given), at, cipher())  # type: ignore[arg-type]
    session.commit()
    return ticket


def task_of(session: Session, actor: Actor, ticket: Ticket, step: str | None = None) -> Task:
    """The ticket's task of a step (its first), loaded and locked as a view does."""
    first = next(task for task in ticket.tasks if step is None or task.step == step)
    return load_task(session, actor, ticket.number, first.id, lock=True)


def swept(at: datetime) -> SweepReport:
    """One sweep, on connections of its own."""
    db.session.commit()
    report = sweep(db.sessionmaker, at)
    db.session.expire_all()
    return report


def mailed(session: Session, *kinds: str) -> list[tuple[str, str]]:
    """(kind, address) of the mails in the outbox, of these kinds, in order."""
    rows = session.execute(select(OutboxMail.kind, OutboxMail.to_address).order_by(OutboxMail.id))
    return [(kind, address) for kind, address in rows if not kinds or kind in kinds]
