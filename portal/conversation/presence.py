"""Who has a ticket open, and who writes on it: an open page says so now and then, and is forgotten when it stops."""

import re
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Officer
from portal.tickets.models import Ticket
from portal.tickets.readers import Reading
from portal.upserting import inserting
from portal.web.actor import Actor

STALE_AFTER = timedelta(seconds=60)
FORM = re.compile(r"[a-z-]{1,20}(?:-\d{1,9})?")
"The id of a form on the ticket's page: message, answer-12."


def note_presence(session: Session, actor: Actor, ticket_id: int, writing: str, at: datetime | None) -> None:
    """The officer has the page open, `writing` in that form of it; `at` None: it was left."""
    if actor.officer_id is None:
        return
    now = {"present_at": at, "writing": writing if at and FORM.fullmatch(writing) else ""}
    first = inserting(session.get_bind().dialect.name, Reading).values(
        officer_id=actor.officer_id, ticket_id=ticket_id, last_entry_id=0, **now
    )
    session.execute(first.on_conflict_do_update(index_elements=["officer_id", "ticket_id"], set_=now))


def others_present(actor: Actor, ticket: Ticket, since: datetime) -> Select[Reading]:
    """The others whose page of the ticket has said so since then, in a steady order."""
    return (
        select(Reading)
        .where(
            Reading.ticket_id == ticket.id,
            Reading.present_at > since,
            Reading.officer_id.is_distinct_from(actor.officer_id),
        )
        .join(Reading.officer)
        .options(joinedload(Reading.officer).joinedload(Officer.unit))
        .order_by(Officer.name, Officer.id)
    )
