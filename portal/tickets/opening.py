"""Opening a ticket: planned, then written with its first tasks sent and their mails, in one transaction."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.terms.indexing import index_ticket
from portal.tickets.alike import refuse_if_open
from portal.tickets.checking import Checked, Opening, checked
from portal.tickets.citizens import encrypted
from portal.tickets.history import written
from portal.tickets.letters import mail_arrival
from portal.tickets.lifecycle import TaskState
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.numbering import next_number
from portal.tickets.planning import planned
from portal.tickets.sending import as_sent
from portal.web.actor import Actor


def open_ticket(
    session: Session, actor: Actor, opening: Opening, at: datetime, cipher: Cipher, *, anyway: bool = True
) -> Ticket:
    """The ticket with its tasks, entries and mails; Invalid with every fault at once.

    Unless `anyway`, OpenAlready where the actor sees open tickets on the same person and procedure.

    The same `submission_key` of the same unit opens one ticket, however often it comes; two at the same instant end
    in an IntegrityError for one of them, which may ask again.
    """
    if opening.submission_key and (twin := opened_before(session, actor, opening.submission_key)):
        return twin
    facts = checked(session, actor, opening, at)
    if not anyway:
        refuse_if_open(session, actor, facts.procedure.code, facts.citizens, cipher, drill=opening.drill)
    ticket = planned(session, actor, facts, at)
    ticket.number = next_number(session, ticket.opened_at, calendar_of(session, ticket.opener_code).tz)
    ticket.citizens = [encrypted(citizen, place, cipher) for place, citizen in enumerate(facts.citizens, start=1)]
    session.add(ticket)
    session.flush()
    session.execute(_PARTY, [{"ticket_id": ticket.id, "unit_code": code} for code in sorted(_parties(ticket))])
    _write_history(session, actor, ticket, facts, at)
    _let_be_found(session, ticket, facts)
    audit(session, actor, "ticket.open", f"ticket {ticket.number}", at=at, procedure=ticket.procedure)
    session.flush()
    return ticket


def opened_before(session: Session, actor: Actor, submission_key: str) -> Ticket | None:
    """What the same form has opened already."""
    known = session.scalar(_TWIN, {"submission_key": submission_key, "unit_code": actor.unit_code})
    return session.get_one(Ticket, known) if known is not None else None


def _parties(ticket: Ticket) -> set[str]:
    return {ticket.opener_code, *(task.unit_code for task in ticket.tasks)}


def _let_be_found(session: Session, ticket: Ticket, facts: Checked) -> None:
    texts = [ticket.subject, ticket.reference, facts.procedure.zh, facts.procedure.en, facts.urgency_reason,
             facts.opening.message]  # fmt: skip
    index_ticket(session, ticket.id, texts, _parties(ticket))


def _write_history(session: Session, actor: Actor, ticket: Ticket, facts: Checked, at: datetime) -> None:
    sent = [task for task in ticket.tasks if task.state is TaskState.SENT]
    session.execute(_ENTRY, [
        written(ticket, "opened", actor, at, text=facts.urgency_reason, **_as_opened(ticket, facts)),
        written(ticket, "message", actor, at, text=facts.opening.message.strip()),
        *(written(ticket, "sent", actor, at, task=task, **as_sent(task)) for task in sent),
    ])  # fmt: skip
    for task in sent:
        mail_arrival(session, ticket, task, at)


def _as_opened(ticket: Ticket, facts: Checked) -> dict[str, Any]:
    overall = facts.procedure.overall
    return {
        "materials": facts.materials,
        "procedure": ticket.procedure,
        "procedure_version": ticket.procedure_version,
        "urgency": ticket.urgency,
        "policy": ticket.policy,
        "accepted_on": ticket.accepted_on.isoformat(),
        "overall": [overall.amount, overall.unit] if overall else None,
        "places": [[task.id, task.place, task.unit_code] for task in ticket.tasks],
    }


_TWIN = select(Ticket.id).where(
    Ticket.submission_key == bindparam("submission_key"), Ticket.opener_code == bindparam("unit_code")
)
_PARTY, _ENTRY = (insert(cast(Table, kind.__table__)) for kind in (Party, Entry))
"Rows that nobody asks for again in the same transaction: they go in together, a statement for each kind."
