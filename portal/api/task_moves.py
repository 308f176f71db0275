"""`/api/v1/tickets/…/tasks/…`: the moves on what one unit owes."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _

from portal import clock
from portal.api import results, schemas, shapes
from portal.api.answers import task_to_move, ticket_json
from portal.api.calls import Given, Operation, bp, call
from portal.api.typed import Nothing
from portal.extensions import db
from portal.tickets import moves
from portal.tickets.assigning import Assignment, assign
from portal.tickets.cancelling import cancel
from portal.tickets.extending import Asked, ask_extension
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.models import Task
from portal.tickets.suspending import Suspension, resume, suspend
from portal.web.actor import Actor
from portal.web.permissions import Permission

Move = Callable[[Actor, Task, Given], object]


def task_move(
    name: str, says: Any, takes: Any, permission: Permission = Permission.TICKET_MOVE
) -> Callable[[Move], Callable[..., Response]]:
    """`POST …/tasks/{id}/{name}`: the task is loaded, locked and unchanged; the answer is its ticket."""
    operation = Operation(permission, says, results.TicketResult, takes, guarded=True)

    def decorate(move: Move) -> Callable[..., Response]:
        def view(actor: Actor, given: Given, number: str, task_id: int) -> shapes.Json:
            task = task_to_move(actor, number, task_id)
            move(actor, task, given)
            return ticket_json(actor, task.ticket)

        view.__name__ = move.__name__
        return bp.post(f"/tickets/<number>/tasks/<int:task_id>/{name}")(call(operation)(view))

    return decorate


@task_move("sign-for", _("“We have it”: the sign-for clock stops."), Nothing)
def sign_for(actor: Actor, task: Task, _given: Given) -> None:
    moves.sign_for(db.session, actor, task, clock.now())


@task_move("answer", _("Done, or refused with all grounds and a contact."), schemas.AnswerSchema)
def answer(actor: Actor, task: Task, given: Given) -> None:
    moves.answer(db.session, actor, task, schemas.answer_of(given), clock.now())


@task_move("return", _("Back to the opener, with a ground and a contact."), schemas.ReturnSchema)
def return_(actor: Actor, task: Task, given: Given) -> None:
    moves.return_task(db.session, actor, task, schemas.return_of(given), clock.now())


@task_move("resend", _("The opener sends a returned task again, with fresh limits."), schemas.ResendSchema)
def resend(actor: Actor, task: Task, given: Given) -> None:
    moves.resend(db.session, actor, task, given["text"], clock.now())


@task_move("hand-on", _("To another unit; the answer stays due when it was due."), schemas.HandOnSchema)
def pass_on(actor: Actor, task: Task, given: Given) -> None:
    hand_on(db.session, actor, task, HandOn(**given), clock.now())


@task_move("suspend", _("The clock stands until a day."), schemas.SuspendSchema)
def let_stand(actor: Actor, task: Task, given: Given) -> None:
    suspend(db.session, actor, task, Suspension(**given), clock.now())


@task_move("resume", _("The clock runs again, before its day."), Nothing)
def go_on(actor: Actor, task: Task, _given: Given) -> None:
    resume(db.session, actor, task, clock.now())


@task_move("extend", _("Ask for working days more; the unit one level up decides."), schemas.ExtendSchema)
def ask(actor: Actor, task: Task, given: Given) -> None:
    ask_extension(db.session, actor, task, Asked(**given), clock.now())


@task_move("assign", _("To an officer or a post of the unit, or to nobody."), schemas.AssignSchema)
def give(actor: Actor, task: Task, given: Given) -> None:
    assign(db.session, actor, task, Assignment(**given), clock.now())


@task_move("cancel", _("The opener does not need the task any more."), schemas.ReasonSchema)
def drop(actor: Actor, task: Task, given: Given) -> None:
    cancel(db.session, actor, task, given["reason"], clock.now())
