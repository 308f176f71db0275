"""What can be asked of the outbox."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, text

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


def waiting_since(at: datetime) -> Select[datetime | None]:
    """When the oldest mail was written that had been due by then and is still on its way."""
    return select(func.min(OutboxMail.created_at)).where(text(IS_DUE), OutboxMail.created_at <= at)


def last_sent() -> Select[datetime | None]:
    """When the last mail left."""
    return select(func.max(OutboxMail.sent_at))


def addresses_of_the_same(mail: OutboxMail) -> Select[str]:
    """Whom else at the unit the same was told to, in this mail's stead or beside it, from its writing on."""
    same = OutboxMail.kind == mail.kind, OutboxMail.unit_code == mail.unit_code
    began = select(OutboxMail.created_at).where(OutboxMail.id == func.coalesce(mail.origin_id, mail.id))
    return (
        select(OutboxMail.to_address)
        .where(*same, OutboxMail.created_at >= began.scalar_subquery())
        .where(OutboxMail.ticket_number.is_not_distinct_from(mail.ticket_number))
    )


def of_token(token: str) -> Select[OutboxMail]:
    """The mail with this token."""
    return select(OutboxMail).where(OutboxMail.token == token)


def of_message_ids(ids: Collection[str]) -> Select[OutboxMail]:
    """The mails with these Message-IDs, the newest first."""
    return select(OutboxMail).where(OutboxMail.message_id.in_(ids)).order_by(OutboxMail.id.desc())


def sent_or_held_since(instant: datetime) -> Select[int]:
    """How many mails were sent after an instant, or are on their way."""
    return select(func.count(OutboxMail.id)).where(
        or_(OutboxMail.sent_at > instant, OutboxMail.state == MailState.SENDING)
    )


def sent_since_by_address(addresses: Collection[str], instant: datetime) -> Select[str, int, datetime | None]:
    """To each of these addresses: how many mails were sent after an instant, and when the first of them."""
    return (
        select(OutboxMail.to_address, func.count(OutboxMail.id), func.min(OutboxMail.sent_at))
        .where(OutboxMail.to_address.in_(addresses), OutboxMail.sent_at > instant)
        .group_by(OutboxMail.to_address)
    )


def of_ticket(number: str) -> Select[OutboxMail]:
    """The mails about a ticket, in the order in which they were written."""
    return select(OutboxMail).where(OutboxMail.ticket_number == number).order_by(OutboxMail.created_at, OutboxMail.id)


def digests_about(number: str, addresses: Collection[str], since: datetime) -> Select[OutboxMail]:
    """The mails to these addresses that list several tickets, this one among them, written from an instant on."""
    return select(OutboxMail).where(
        OutboxMail.to_address.in_(addresses),
        OutboxMail.kind == "digest",
        OutboxMail.created_at >= since,
        OutboxMail.body_text.contains(f"[{number}]", autoescape=True),
    )


@dataclass(frozen=True)
class OutboxFilter:
    """Which mails are looked at; what is left out narrows nothing. `address`: any part of it."""

    states: tuple[MailState, ...] = ()
    kind: str = ""
    address: str = ""
    unit: str = ""
    ticket: str = ""


def filtered(wanted: OutboxFilter) -> Select[OutboxMail]:
    """The mails of a filter, newest first."""
    found = select(OutboxMail).order_by(OutboxMail.id.desc())
    if wanted.states:
        found = found.where(OutboxMail.state.in_(wanted.states))
    if wanted.address:
        found = found.where(func.lower(OutboxMail.to_address).contains(wanted.address.lower(), autoescape=True))
    exact = {OutboxMail.kind: wanted.kind, OutboxMail.unit_code: wanted.unit, OutboxMail.ticket_number: wanted.ticket}
    return found.where(*(column == value for column, value in exact.items() if value))


def instead_of(mail: OutboxMail) -> Select[OutboxMail]:
    """The mails written in this one's stead."""
    return select(OutboxMail).where(OutboxMail.origin_id == mail.id).order_by(OutboxMail.id)


def counts_by_state() -> Select[MailState, int]:
    """How many mails are in each state that occurs."""
    return select(OutboxMail.state, func.count(OutboxMail.id)).group_by(OutboxMail.state)
