"""Where a card is on its way, as the systems of the chain say it: a line in the history, which moves no task."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.errors import Hidden, Invalid
from portal.tickets.history import record
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import visible_to
from portal.web.actor import Actor


class Stage(StrEnum):
    """What became of the card."""

    MADE = "made"
    SENT = "sent"
    RECEIVED = "received"


NO_TICKET = _("No ticket that your unit may see has this reference: check the number of the acceptance system.")
TO_COME = _("This is still to come: give the instant at which it happened.")


def note_card(
    session: Session, actor: Actor, reference: str, stage: Stage, happened_at: datetime | None, at: datetime
) -> tuple[Sequence[Ticket], int]:
    """Enter the stage on every ticket of the reference that `actor` may see, once each; the tickets, and on how many.

    A ticket withdrawn is passed over. Hidden where there is none, Invalid for what is still to come.
    """
    if happened_at is not None and happened_at > at:
        raise Invalid({"happened_at": TO_COME})
    tickets = _of_reference(session, actor, reference)
    told = {*session.scalars(_told(tickets, stage))}
    new = [ticket for ticket in tickets if ticket.id not in told]
    for ticket in new:
        record(session, ticket, f"card_{stage}", actor, at, happened_at=(happened_at or at).isoformat())
    return tickets, len(new)


def _of_reference(session: Session, actor: Actor, reference: str) -> Sequence[Ticket]:
    """Held until the transaction ends, so that of two at once the second finds what the first entered."""
    found = visible_to(actor).where(Ticket.reference == reference, Ticket.state != TicketState.WITHDRAWN)
    tickets = session.scalars(found.order_by(Ticket.id).with_for_update(of=Ticket)).all() if reference else ()
    if not tickets:
        raise Hidden(NO_TICKET)
    return tickets


def _told(tickets: Sequence[Ticket], stage: Stage) -> Select[int]:
    return select(Entry.ticket_id).where(
        Entry.ticket_id.in_([ticket.id for ticket in tickets]), Entry.kind == f"card_{stage}"
    )
