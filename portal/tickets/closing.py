"""Tickets that close by themselves: when everything is answered and the opener has had time to look."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.working_time import WORKING_DAY
from portal.tickets.history import record
from portal.tickets.lifecycle import TicketMove, TicketState, move_ticket
from portal.tickets.models import Ticket
from portal.tickets.settling import note_closed
from portal.web.actor import PORTAL

WORKING_DAYS = 5
"Working days of the opener's calendar from the last answer on."


def close_settled(session: Session, at: datetime, limit: int = 200) -> int:
    """Close up to `limit` tickets whose time to be looked at is over; answers how many."""
    due = [ticket for ticket in session.scalars(_settled(at, limit)) if _closes_at(session, ticket) <= at]
    note_closed(session, due, at)
    for ticket in due:
        ticket.state = move_ticket(ticket.state, TicketMove.CLOSE)
        record(session, ticket, "closed", PORTAL, at)
    session.flush()
    return len(due)


def _settled(at: datetime, limit: int) -> Select[Ticket]:
    """Resolved long enough for five working days to be possible at all, the longest first."""
    return (
        select(Ticket)
        .where(Ticket.state == TicketState.RESOLVED, Ticket.resolved_at <= at - timedelta(days=WORKING_DAYS))
        .order_by(Ticket.resolved_at, Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _closes_at(session: Session, ticket: Ticket) -> datetime:
    calendar = calendar_of(session, ticket.opener_code)
    return calendar.add(ticket.resolved_at or ticket.opened_at, WORKING_DAYS * WORKING_DAY)
