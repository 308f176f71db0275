"""`/api/v1/tickets/…/messages`, the files of messages, and notes of calls."""

from flask import Response
from flask_babel import lazy_gettext as _

from portal import clock
from portal.api import results, schemas, shapes
from portal.api.answers import entry_json
from portal.api.calls import Given, Operation, bp, call
from portal.conversation.actions import send_message
from portal.conversation.attachments import NO_FILES, sorted_out
from portal.conversation.calling import Call, note_call
from portal.conversation.downloads import download
from portal.extensions import db
from portal.tickets.queries import load_ticket
from portal.web.actor import Actor
from portal.web.permissions import Permission


def sort_out(actor: Actor, given: Given, number: str) -> Given:
    """The files judged, for a ticket that one sees, while no transaction is open: a virus scanner takes its time."""
    if not given["files"]:
        return given | {"files": NO_FILES}
    load_ticket(db.session, actor, number, tasks=False)
    db.session.rollback()
    return given | {"files": sorted_out(given["files"])}


@bp.post("/tickets/<number>/messages")
@call(Operation(Permission.TICKET_MESSAGE, _("Write to all units of the ticket, or to one alone, with files or nothing "
                                             "but files; it moves no task."),
                results.EntryResult, schemas.MessageSchema, status=201, looks=sort_out))  # fmt: skip
def message(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = load_ticket(db.session, actor, number, lock=True, tasks=False)
    entry = send_message(db.session, actor, ticket, given["text"], clock.now(), files=given["files"],
                         to=given["to"] or "")  # fmt: skip
    return entry_json(actor, entry)


@bp.get("/tickets/<number>/attachments/<int:attachment_id>")
@call(Operation(Permission.TICKET_READ, _("A file of a message, to be saved."), None))
def attachment(actor: Actor, _given: Given, number: str, attachment_id: int) -> Response:
    return download(db.session, actor, number, attachment_id, clock.now())


@bp.post("/tickets/<number>/calls")
@call(Operation(Permission.TICKET_MESSAGE, _("Note a phone call: who was called, and what was said; it moves no task."),
                results.EntryResult, schemas.CallSchema, status=201))  # fmt: skip
def note(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = load_ticket(db.session, actor, number, lock=True, tasks=False)
    called = {name: given[name] for name in ("name", "number", "answered", "text")}
    noted = Call(contact_id=given["contact"], at=given["called_at"], **called)
    return entry_json(actor, note_call(db.session, actor, ticket, noted, clock.now()))
