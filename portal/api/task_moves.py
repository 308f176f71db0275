"""`/api/v1`: the moves on tasks that are made now and then, a further place, and reopening."""

from flask import Blueprint

from portal import clock
from portal.api import schemas
from portal.api.answers import moved, ticket_json
from portal.api.calls import Answer, body, call
from portal.extensions import db
from portal.tickets.adding import Place, add_place
from portal.tickets.assigning import Assignment, assign
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, ask_extension
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.queries import load_task, load_ticket
from portal.tickets.reopening import Reopening, reopen, reopenable
from portal.tickets.suspending import Suspension, resume, suspend
from portal.web.actor import Actor
from portal.web.permissions import Permission

bp = Blueprint("api_moves", __name__, url_prefix="/api/v1")


@bp.post("/tickets/<number>/tasks/<int:task_id>/hand-on")
@call(Permission.TICKET_MOVE)
def pass_on(actor: Actor, number: str, task_id: int) -> Answer:
    """To another unit, with the reason; the answer stays due when it was due."""
    given = HandOn(**body(schemas.HandOnSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    hand_on(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/suspend")
@call(Permission.TICKET_MOVE)
def let_stand(actor: Actor, number: str, task_id: int) -> Answer:
    """The clock stands until the day `until`, with the reason."""
    given = Suspension(**body(schemas.SuspendSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    suspend(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/resume")
@call(Permission.TICKET_MOVE)
def go_on(actor: Actor, number: str, task_id: int) -> Answer:
    """The clock runs again, before its day."""
    task = load_task(db.session, actor, number, task_id, lock=True)
    resume(db.session, actor, task, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/extend")
@call(Permission.TICKET_MOVE)
def ask(actor: Actor, number: str, task_id: int) -> Answer:
    """Ask for working days more; a supervisor one level up decides in the portal."""
    given = Asked(**body(schemas.ExtendSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    ask_extension(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/assign")
@call(Permission.TICKET_MOVE)
def give(actor: Actor, number: str, task_id: int) -> Answer:
    """To an officer or a post of the unit (`to`: "officer 12", "post 7"), or to nobody (empty)."""
    given = Assignment(**body(schemas.AssignSchema()))
    task = load_task(db.session, actor, number, task_id, lock=True)
    assign(db.session, actor, task, given, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/tasks/<int:task_id>/cancel")
@call(Permission.TICKET_MOVE)
def drop(actor: Actor, number: str, task_id: int) -> Answer:
    """The opener does not need the task any more."""
    reason = body(schemas.ReasonSchema())["reason"]
    task = load_task(db.session, actor, number, task_id, lock=True)
    cancel(db.session, actor, task, reason, clock.now())
    return moved(actor, task)


@bp.post("/tickets/<number>/places")
@call(Permission.TICKET_MOVE)
def add(actor: Actor, number: str) -> Answer:
    """One more unit owes a step of the ticket; 201 with the ticket."""
    given = Place(**body(schemas.PlaceToAddSchema()))
    ticket = load_ticket(db.session, actor, number, lock=True)
    add_place(db.session, actor, ticket, given, clock.now())
    return ticket_json(actor, ticket), 201


@bp.post("/tickets/<number>/reopen")
@call(Permission.TICKET_MOVE)
def open_again(actor: Actor, number: str) -> Answer:
    """The tasks named, or all that were answered, are to be done again."""
    given = body(schemas.ReopenSchema())
    ticket = load_ticket(db.session, actor, number, lock=True)
    tasks = [task.id for task in reopenable(ticket)] if given["tasks"] is None else given["tasks"]
    reopen(db.session, actor, ticket, Reopening(tasks, given["reason"]), clock.now())
    return ticket_json(actor, ticket), 200
