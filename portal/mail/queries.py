"""What can be asked of the outbox."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select, text

from portal.mail.models import IS_DUE, MailState, OutboxMail


def due(at: datetime) -> Select[OutboxMail]:
    """The mails to be tried at an instant, longest due first; those of a delivery that died among them."""
    return (
        select(OutboxMail)
        .where(text(IS_DUE), OutboxMail.next_try_at <= at)
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
    )


def due_count(at: datetime) -> Select[int]:
    """How many mails are to be tried at an instant."""
    return select(func.count(OutboxMail.id)).where(text(IS_DUE), OutboxMail.next_try_at <= at)


def of_ticket(number: str) -> Select[OutboxMail]:
    """The mails about a ticket, in the order in which they were written."""
    return select(OutboxMail).where(OutboxMail.ticket_number == number).order_by(OutboxMail.created_at, OutboxMail.id)


def outbox(states: Collection[MailState] = (), kind: str | None = None) -> Select[OutboxMail]:
    """All mails, or those in some states and of one kind, newest first."""
    found = select(OutboxMail).order_by(OutboxMail.id.desc())
    if states:
        found = found.where(OutboxMail.state.in_(states))
    return found.where(OutboxMail.kind == kind) if kind else found


def counts_by_state() -> Select[MailState, int]:
    """How many mails are in each state that occurs."""
    return select(OutboxMail.state, func.count(OutboxMail.id)).group_by(OutboxMail.state)
