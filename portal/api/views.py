"""`/api/v1`: what another system of a unit may ask and do, with the unit's token."""

from flask import Blueprint, Response, request, url_for

from directory.lookup import find
from directory.presenting import describe, describe_codes
from portal import clock
from portal.api import schemas, shapes
from portal.api.answers import addressed, moved, ticket_json, units_json, zone
from portal.api.calls import Answer, body, call, fetch
from portal.audit.viewing import note_viewing
from portal.cipher import cipher
from portal.conversation.actions import send_message
from portal.conversation.downloads import download
from portal.errors import Hidden
from portal.extensions import db
from portal.tickets import moves
from portal.tickets.forecast import forecast
from portal.tickets.opening import open_ticket
from portal.tickets.queries import NOT_THERE, load_task, load_ticket, partners
from portal.web.actor import Actor
from portal.web.permissions import Permission

bp = Blueprint("api", __name__, url_prefix="/api/v1")

MOST_UNITS = 50


@bp.get("/units")
@call(Permission.DIRECTORY_READ)
def units(actor: Actor) -> Answer:
    """`?q=` anything one remembers of a unit, `&limit=`."""
    limit = min(max(request.args.get("limit", 10, type=int), 1), MOST_UNITS)
    most = db.session.scalars(partners(actor.unit_code)).all() if actor.unit_code else ()
    hits = find(db.session, request.args.get("q", ""), limit, actor.unit_code, partners=most)
    cards = describe(db.session, hits, clock.now())
    return {"items": [card.to_dict() for card in cards], "next": None}, 200


@bp.get("/units/<code>")
@call(Permission.DIRECTORY_READ)
def unit(_actor: Actor, code: str) -> Answer:
    """One unit with its phones and address."""
    cards = describe_codes(db.session, [code], clock.now())
    if not cards:
        raise Hidden(NOT_THERE)
    return cards[0].to_dict(), 200


@bp.post("/tickets")
@call(Permission.TICKET_OPEN)
def open_(actor: Actor) -> Answer:
    """Open a ticket; 201 with the ticket."""
    opening = schemas.opening_of(body(schemas.OpeningSchema()))
    ticket = open_ticket(db.session, actor, opening, clock.now(), cipher())
    return ticket_json(actor, ticket), 201, url_for("api.show", number=ticket.number)


@bp.get("/tickets/<number>")
@call(Permission.TICKET_READ)
def show(actor: Actor, number: str) -> Answer:
    """One ticket with its tasks and history."""
    ticket = load_ticket(db.session, actor, number)
    note_viewing(db.engine, actor, ticket.number, clock.now())
    return ticket_json(actor, ticket), 200


@bp.get("/tickets/<number>/forecast")
@call(Permission.TICKET_READ)
def forecast_of(actor: Actor, number: str) -> Answer:
    """Who will be mailed, when, if nothing moves."""
    rungs = forecast(db.session, load_ticket(db.session, actor, number), clock.now())
    return shapes.forecast(rungs, units_json({rung.unit for rung in rungs}), zone()), 200


@bp.post("/tickets/<number>/messages")
@call(Permission.TICKET_MESSAGE)
def message(actor: Actor, number: str) -> Answer:
    """Write to all units of the ticket, or to one alone (`to`); 201 with the entry."""
    given = body(schemas.MessageSchema())
    ticket = load_ticket(db.session, actor, number, lock=True)
    entry = send_message(db.session, actor, ticket, given["text"], clock.now(), to=given["to"] or "")
    db.session.flush()
    return shapes.entry(entry, (), units_json(addressed([entry])), zone()), 201


@bp.get("/tickets/<number>/attachments/<int:attachment_id>")
@fetch(Permission.TICKET_READ)
def attachment(actor: Actor, number: str, attachment_id: int) -> Response:
    """A file of a message, to be saved."""
    return download(db.session, actor, number, attachment_id, clock.now())


@bp.post("/tickets/<number>/tasks/<int:task_id>/sign-for")
@call(Permission.TICKET_MOVE)
def sign_for(actor: Actor, number: str, task_id: int) -> Answer:
    """The owing unit has it: the sign-for clock stops."""
    task = load_task(db.session, actor, number, task_id, lock=True)
    moves.sign_for(db.session, actor, task, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/answer")
@call(Permission.TICKET_MOVE)
def answer(actor: Actor, number: str, task_id: int) -> Answer:
    """Done, or refused with all grounds and a contact."""
    given = schemas.answer_of(body(schemas.AnswerSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    moves.answer(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/return")
@call(Permission.TICKET_MOVE)
def return_(actor: Actor, number: str, task_id: int) -> Answer:
    """Back to the opener, with a ground and a contact."""
    given = schemas.return_of(body(schemas.ReturnSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    moves.return_task(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/resend")
@call(Permission.TICKET_MOVE)
def resend(actor: Actor, number: str, task_id: int) -> Answer:
    """The opener sends a returned task again."""
    words = body(schemas.ResendSchema())["text"]
    task = load_task(db.session, actor, number, task_id, lock=True)
    moves.resend(db.session, actor, task, words, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/close")
@call(Permission.TICKET_MOVE)
def close(actor: Actor, number: str) -> Answer:
    """The opener closes a resolved ticket."""
    ticket = load_ticket(db.session, actor, number, lock=True)
    moves.close(db.session, actor, ticket, clock.now())
    return ticket_json(actor, ticket), 200


@bp.post("/tickets/<number>/withdraw")
@call(Permission.TICKET_MOVE)
def withdraw(actor: Actor, number: str) -> Answer:
    """The opener takes the ticket back."""
    reason = body(schemas.ReasonSchema())["reason"]
    ticket = load_ticket(db.session, actor, number, lock=True)
    moves.withdraw(db.session, actor, ticket, reason, clock.now())
    return ticket_json(actor, ticket), 200
