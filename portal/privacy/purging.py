"""The purge: what a closed ticket says of a citizen is blanked after the retention time; the history of moves stays."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session, sessionmaker

from portal.api.models import IdempotentAnswer
from portal.audit.actions import record as audit
from portal.config import Settings
from portal.conversation.models import Attachment, FormerText
from portal.drafts.models import Draft
from portal.terms.indexing import forget
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Citizen, Entry, Ticket
from portal.tickets.readers import Mention
from portal.web.actor import PORTAL

BATCH = 50
UNSEEN = {"synchronize_session": False}
ENDED = (TicketState.CLOSED, TicketState.WITHDRAWN)
KNOWN = frozenset(
    {
        "accepted_on", "because", "by_mail", "cause", "clock", "cycle", "days", "due", "former", "limits", "outcome",
        "overall", "place", "places", "policy", "procedure", "provisional", "recipients", "rung", "task", "tasks",
        "times", "unit", "until", "urgency",
    }
)  # fmt: skip
"What an entry's detail holds that the portal itself put there; all else was typed by somebody, and goes."


def purge(session: Session, retention: timedelta, at: datetime, limit: int = BATCH) -> int:
    """Blank up to `limit` tickets that ended before the retention time began; answers how many."""
    tickets = session.scalars(_due(at - retention, limit)).all()
    if tickets:
        _blank(session, [ticket.id for ticket in tickets])
    for ticket in tickets:
        _put_away_drafts(session, ticket.number)
        ticket.subject, ticket.reference, ticket.submission_key, ticket.purged_at = "", "", None, at
        audit(session, PORTAL, "ticket.purge", f"ticket {ticket.number}", at=at)
    session.flush()
    return len(tickets)


def purge_all(sessions: "sessionmaker[Session]", retention: timedelta, at: datetime) -> int:
    """Batch by batch, each a transaction of its own: a kill loses one batch, which the next call does again."""
    purged = 0
    while True:
        with closing(sessions()) as session:
            batch = purge(session, retention, at)
            _put_away_answers(session, at - retention)
            session.commit()
        purged += batch
        if not batch:
            return purged


class Purging:
    """The purge as a part of the worker's round, once an hour."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None

    def purge(self, settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if self.next_at is None or at >= self.next_at:
            self.next_at = at + timedelta(hours=1)
            purge_all(sessions, settings.retention.cases, at)


def _due(before: datetime, limit: int) -> Select[Ticket]:
    """Of two workers at once each takes other tickets."""
    ended = Ticket.state.in_(ENDED), Ticket.closed_at <= before, Ticket.purged_at.is_(None)
    return select(Ticket).where(*ended).order_by(Ticket.id).limit(limit).with_for_update(skip_locked=True, of=Ticket)


def _blank(session: Session, ids: Sequence[int]) -> None:
    entries = select(Entry.id).where(Entry.ticket_id.in_(ids))
    session.execute(delete(Attachment).where(Attachment.entry_id.in_(entries)).execution_options(**UNSEEN))
    session.execute(delete(Citizen).where(Citizen.ticket_id.in_(ids)).execution_options(**UNSEEN))
    for beside in (FormerText, Mention):
        session.execute(delete(beside).where(beside.entry_id.in_(entries)).execution_options(**UNSEEN))
    forget(session, ids)
    for entry in session.scalars(select(Entry).where(Entry.ticket_id.in_(ids))):
        entry.text, entry.submission_key = "", None
        entry.detail = {name: value for name, value in entry.detail.items() if name in KNOWN}


def _put_away_drafts(session: Session, number: str) -> None:
    """Whoever had begun to write something on the ticket."""
    keys = Draft.key == number, Draft.key.like(f"%:{number}"), Draft.key.like(f"%:{number}:%")
    session.execute(delete(Draft).where(or_(*keys)).execution_options(**UNSEEN))


def _put_away_answers(session: Session, before: datetime) -> None:
    """What other systems were answered, kept for the case that they ask again, holds what was written on tickets."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at <= before).execution_options(**UNSEEN))
