"""`/api/v1/tickets`: listed, opened, looked at; and what concerns a ticket as a whole."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from portal import clock
from portal.api import results, schemas, shapes
from portal.api.answers import after_id, ticket_json, ticket_to_move, tickets_json, units_json, zone
from portal.api.calls import Given, Operation, bp, call
from portal.api.keys import Reply
from portal.api.queries import tickets_page
from portal.api.typed import Nothing
from portal.audit.viewing import note_viewing
from portal.cipher import cipher
from portal.extensions import db
from portal.tickets import moves
from portal.tickets.adding import Place, add_place
from portal.tickets.forecast import forecast
from portal.tickets.opening import open_ticket
from portal.tickets.queries import load_ticket
from portal.tickets.reopening import Reopening, reopen, reopenable
from portal.web.actor import Actor
from portal.web.pagination import page_of
from portal.web.permissions import Permission


def _move(says: Any, takes: Any, status: int = 200) -> Operation:
    return Operation(Permission.TICKET_MOVE, says, results.TicketResult, takes, status=status, guarded=True)


@bp.get("/tickets")
@call(Operation(Permission.TICKET_READ, _("The tickets of your unit, opened last first, page by page."),
                results.TicketListResult, asks=schemas.TicketsQuery))  # fmt: skip
def tickets(actor: Actor, given: Given) -> shapes.Json:
    found = db.session.scalars(tickets_page(actor, given, after_id(given.get("after")))).all()
    page = page_of(found, given["limit"], lambda ticket: (ticket.id,))
    return {"items": tickets_json(actor, page.items), "next": page.next}


@bp.post("/tickets")
@call(Operation(Permission.TICKET_OPEN, _("Open a ticket."), results.TicketResult, schemas.OpeningSchema, status=201))
def open_(actor: Actor, given: Given) -> Reply:
    ticket = open_ticket(db.session, actor, schemas.opening_of(given), clock.now(), cipher())
    return Reply(ticket_json(actor, ticket), 201, url_for("api.show", number=ticket.number))


@bp.get("/tickets/<number>")
@call(Operation(Permission.TICKET_READ, _("One ticket with its tasks, limits and history."), results.TicketResult))
def show(actor: Actor, _given: Given, number: str) -> shapes.Json:
    ticket = load_ticket(db.session, actor, number)
    note_viewing(db.engine, actor, ticket.number, clock.now())
    return ticket_json(actor, ticket)


@bp.get("/tickets/<number>/forecast")
@call(Operation(Permission.TICKET_READ, _("Who will be mailed, and when, if nothing moves."), results.ForecastResult))
def forecast_of(actor: Actor, _given: Given, number: str) -> shapes.Json:
    rungs = forecast(db.session, load_ticket(db.session, actor, number), clock.now())
    return shapes.forecast(rungs, units_json({rung.unit for rung in rungs}), zone())


@bp.post("/tickets/<number>/places")
@call(_move(_("One more unit owes a step of the ticket."), schemas.PlaceToAddSchema, 201))
def add(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = ticket_to_move(actor, number)
    add_place(db.session, actor, ticket, Place(**given), clock.now())
    return ticket_json(actor, ticket)


@bp.post("/tickets/<number>/close")
@call(_move(_("The opener closes a resolved ticket."), Nothing))
def close(actor: Actor, _given: Given, number: str) -> shapes.Json:
    ticket = ticket_to_move(actor, number)
    moves.close(db.session, actor, ticket, clock.now())
    return ticket_json(actor, ticket)


@bp.post("/tickets/<number>/reopen")
@call(_move(_("Tasks that were answered are to be done again, within thirty days of closing."), schemas.ReopenSchema))
def open_again(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = ticket_to_move(actor, number)
    tasks = [task.id for task in reopenable(ticket)] if given["tasks"] is None else given["tasks"]
    reopen(db.session, actor, ticket, Reopening(tasks, given["reason"]), clock.now())
    return ticket_json(actor, ticket)


@bp.post("/tickets/<number>/withdraw")
@call(_move(_("The opener takes the ticket back: nobody owes anything any more."), schemas.ReasonSchema))
def withdraw(actor: Actor, given: Given, number: str) -> shapes.Json:
    ticket = ticket_to_move(actor, number)
    moves.withdraw(db.session, actor, ticket, given["reason"], clock.now())
    return ticket_json(actor, ticket)
