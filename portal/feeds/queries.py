"""What stands in an officer's calendar: the limits of the unit, and who is on duty there."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from directory.upkeep import DutyShift
from portal.accounts.models import Officer
from portal.feeds.models import CalendarFeed
from portal.ladder.ladder import ClockKind
from portal.tickets.models import Clock, Task, Ticket

MOST = 500
BACK = timedelta(days=30)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def feed_of(token: str) -> Select[CalendarFeed]:
    """The feed of a link, of an officer who is still there."""
    whole = joinedload(CalendarFeed.officer).options(joinedload(Officer.unit), selectinload(Officer.grants))
    found = select(CalendarFeed).join(Officer).where(CalendarFeed.token_hash == hash_of(token), Officer.active)
    return found.options(whole)


def limits(unit_code: str) -> Select[Clock]:
    """The limits that run at the unit, the next first: those of signing for and of answering."""
    found = select(Clock).join(Ticket).where(Clock.unit_code == unit_code, Clock.stopped_at.is_(None))
    kinds = found.where(Clock.kind.in_([ClockKind.SIGN_FOR, ClockKind.ANSWER]), Ticket.drill.is_(False))
    whole = (joinedload(Clock.ticket), joinedload(Clock.task).joinedload(Task.assignee))
    return kinds.options(*whole).order_by(Clock.due_at, Clock.id).limit(MOST)


def shifts(unit_code: str, at: datetime) -> Select[DutyShift]:
    """Who is on duty at the unit, from a month ago on."""
    found = select(DutyShift).where(DutyShift.unit_code == unit_code, DutyShift.ends_at > at - BACK)
    return found.options(joinedload(DutyShift.contact)).order_by(DutyShift.begins_at, DutyShift.id).limit(MOST)
