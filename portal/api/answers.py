"""A ticket as the answer of a call, with what belongs to it; and the tickets and tasks that a call is about."""

from collections.abc import Collection, Iterable, Sequence
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import lazy_gettext as _

from directory.presenting import public, unit_shapes
from portal.api import shapes
from portal.api.queries import updated_at
from portal.api.tags import check_unchanged, tag_of
from portal.conversation.models import Attachment
from portal.conversation.queries import attachments_of
from portal.errors import Invalid
from portal.extensions import db
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.queries import entries_of, load_task, load_ticket
from portal.tickets.readers import addressee
from portal.web.actor import Actor
from portal.web.pagination import decode

LARGEST_ID = 2**31 - 1


def ticket_to_move(actor: Actor, number: str) -> Ticket:
    """Locked, and as the caller last saw it."""
    ticket = load_ticket(db.session, actor, number, lock=True)
    check_unchanged(db.session, actor, ticket)
    return ticket


def task_to_move(actor: Actor, number: str, task_id: int) -> Task:
    """The same of a task."""
    task = load_task(db.session, actor, number, task_id, lock=True)
    check_unchanged(db.session, actor, task.ticket, task)
    return task


def ticket_json(actor: Actor, ticket: Ticket) -> shapes.Json:
    """The ticket as `actor` may see it."""
    db.session.flush()
    entries = db.session.scalars(entries_of(actor, ticket)).all()
    files = [_file(ticket, each) for each in db.session.scalars(attachments_of(actor, ticket))]
    units = _units_of([ticket], addressed(entries))
    return shapes.ticket(ticket, tag_of(db.session, actor, ticket), entries, files, units, zone())


def tickets_json(actor: Actor, tickets: Sequence[Ticket]) -> list[shapes.Json]:
    """A page of a list: without the history, but when it last went on."""
    rows = db.session.execute(updated_at(actor, [ticket.id for ticket in tickets]))
    updated = {row[0]: row[1] for row in rows}
    units = _units_of(tickets)
    return [shapes.listed_ticket(ticket, updated[ticket.id], units, zone()) for ticket in tickets]


def entry_json(actor: Actor, entry: Entry) -> shapes.Json:
    """One line of a ticket's history, with its files."""
    db.session.flush()
    kept = db.session.scalars(attachments_of(actor, entry.ticket).where(Attachment.entry_id == entry.id))
    return shapes.entry(entry, [_file(entry.ticket, each) for each in kept], units_json(addressed([entry])), zone())


def addressed(entries: Iterable[Entry]) -> set[str]:
    """The units to one of which alone something was written."""
    return {unit.code for unit in map(addressee, entries) if unit}


def units_json(codes: Collection[str]) -> shapes.Units:
    return {code: public(shape) for code, shape in unit_shapes(db.session, codes).items()}


def after_id(text: str | None) -> int | None:
    """The id after which a page begins, from `next` of the one before; Invalid for anything else."""
    if text is None:
        return None
    key = decode(text)
    if key is None or len(key) != 1 or not isinstance(key[0], int) or not 0 <= key[0] <= LARGEST_ID:
        raise Invalid({"after": _("Send `next` of the page before, unchanged.")})
    return key[0]


def zone() -> ZoneInfo:
    configured: ZoneInfo = current_app.extensions["settings"].timezone
    return configured


def _units_of(tickets: Sequence[Ticket], more: Iterable[str] = ()) -> shapes.Units:
    openers = {ticket.opener_code for ticket in tickets}
    return units_json({*more} | openers | {task.unit_code for ticket in tickets for task in ticket.tasks})


def _file(ticket: Ticket, one: Attachment) -> tuple[Attachment, str]:
    return one, url_for("api.attachment", number=ticket.number, attachment_id=one.id)
