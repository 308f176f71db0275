"""A ticket as the answer of a call, with what belongs to it."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from flask import current_app, url_for

from directory.presenting import public, unit_shapes
from portal.api import shapes
from portal.api.calls import Answer
from portal.conversation.models import Attachment
from portal.conversation.queries import attachments_of
from portal.extensions import db
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.queries import entries_of
from portal.tickets.readers import addressee
from portal.web.actor import Actor


def moved(actor: Actor, task: Task) -> Answer:
    """The ticket of a task that has just moved."""
    return ticket_json(actor, task.ticket), 200


def ticket_json(actor: Actor, ticket: Ticket) -> shapes.Json:
    """The ticket as `actor` may see it."""
    db.session.flush()
    entries = db.session.scalars(entries_of(actor, ticket)).all()
    files = db.session.scalars(attachments_of(actor, ticket))
    codes = {ticket.opener_code, *(task.unit_code for task in ticket.tasks), *addressed(entries)}
    return shapes.ticket(ticket, entries, [_file(ticket, each) for each in files], units_json(codes), zone())


def addressed(entries: Iterable[Entry]) -> set[str]:
    """The units to one of which alone something was written."""
    return {unit.code for unit in map(addressee, entries) if unit}


def units_json(codes: Collection[str]) -> shapes.Units:
    return {code: public(shape) for code, shape in unit_shapes(db.session, codes).items()}


def zone() -> ZoneInfo:
    configured: ZoneInfo = current_app.extensions["settings"].timezone
    return configured


def _file(ticket: Ticket, one: Attachment) -> tuple[Attachment, str]:
    return one, url_for("api.attachment", number=ticket.number, attachment_id=one.id)
