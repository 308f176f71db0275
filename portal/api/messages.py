"""`/api/v1/tickets/…/messages` and the files of messages."""

from flask import Response
from flask_babel import lazy_gettext as _

from portal import clock
from portal.api import results, schemas, shapes
from portal.api.answers import addressed, units_json, zone
from portal.api.calls import Given, Operation, bp, call
from portal.conversation.actions import send_message
from portal.conversation.downloads import download
from portal.extensions import db
from portal.tickets.queries import load_ticket
from portal.web.actor import Actor
from portal.web.permissions import Permission


@bp.post("/tickets/<number>/messages")
@call(Operation(Permission.TICKET_MESSAGE, _("Write to all units of the ticket, or to one alone; it moves no task."),
                results.EntryResult, schemas.MessageSchema, status=201))  # fmt: skip
def message(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = load_ticket(db.session, actor, number, lock=True)
    entry = send_message(db.session, actor, ticket, given["text"], clock.now(), to=given["to"] or "")
    db.session.flush()
    return shapes.entry(entry, (), units_json(addressed([entry])), zone())


@bp.get("/tickets/<number>/attachments/<int:attachment_id>")
@call(Operation(Permission.TICKET_READ, _("A file of a message, to be saved."), None))
def attachment(actor: Actor, _given: Given, number: str, attachment_id: int) -> Response:
    return download(db.session, actor, number, attachment_id, clock.now())
