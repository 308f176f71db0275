"""The moves that are made now and then: hand on, suspend, more time, assign, cancel, a further place, reopen."""

from flask import Blueprint, request
from flask_babel import gettext as _

from portal.clock import now
from portal.extensions import db
from portal.tickets import forms
from portal.tickets.adding import add_place
from portal.tickets.assigning import Assignment, assign
from portal.tickets.cancelling import cancel
from portal.tickets.cards import form_ids
from portal.tickets.carrying_out import Answered, carry_out, move_task, unit_not_chosen
from portal.tickets.extending import ask_extension, decide_extension
from portal.tickets.handing_on import hand_on
from portal.tickets.lifecycle import TaskMove
from portal.tickets.models import Task
from portal.tickets.queries import load_ticket
from portal.tickets.reopening import reopen
from portal.tickets.suspending import resume, suspend
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("rare_moves", __name__, url_prefix="/tickets")


@bp.post("/<number>/tasks/<int:task_id>/handings-on")
@requires(Permission.TICKET_MOVE)
def pass_on(number: str, task_id: int) -> Answered:
    form = forms.HandOnForm(ids=form_ids(TaskMove.HAND_ON, task_id))

    def act(task: Task) -> None:
        hand_on(db.session, actor(), task, form.given(), now())

    again = unit_not_chosen(number, task_id, form, form.unit)
    return again or move_task(number, task_id, form, _("Handed on. The unit that has it now has been told."), act)


@bp.post("/<number>/tasks/<int:task_id>/suspensions")
@requires(Permission.TICKET_MOVE)
def let_stand(number: str, task_id: int) -> Answered:
    form = forms.SuspendForm(ids=form_ids(TaskMove.SUSPEND, task_id))

    def act(task: Task) -> None:
        suspend(db.session, actor(), task, form.given(), now())

    return move_task(number, task_id, form, _("Suspended. Nobody is mailed meanwhile."), act)


@bp.post("/<number>/tasks/<int:task_id>/resumptions")
@requires(Permission.TICKET_MOVE)
def go_on(number: str, task_id: int) -> Answered:
    form = forms.ResumeForm(ids=form_ids(TaskMove.RESUME, task_id))
    return move_task(number, task_id, form, _("Its clock runs again."),
                     lambda task: resume(db.session, actor(), task, now()))  # fmt: skip


@bp.post("/<number>/tasks/<int:task_id>/extensions")
@requires(Permission.TICKET_MOVE)
def ask(number: str, task_id: int) -> Answered:
    form = forms.AskExtensionForm(ids=form_ids(TaskMove.ASK_EXTENSION, task_id))

    def act(task: Task) -> None:
        ask_extension(db.session, actor(), task, form.given(), now())

    said = _("Asked. The limit runs on until it is granted.")
    return move_task(number, task_id, form, said, act)


@bp.post("/<number>/tasks/<int:task_id>/extension-decisions")
@requires(Permission.EXTENSION_DECIDE)
def decide(number: str, task_id: int) -> Answered:
    form = forms.DecideForm(ids=form_ids(TaskMove.EXTEND, task_id))

    def act(task: Task) -> None:
        decide_extension(db.session, actor(), task, form.given(), now())

    said = _("Granted. The unit has been told.") if form.given().granted else _("Refused. The unit has been told.")
    return move_task(number, task_id, form, said, act)


@bp.post("/<number>/tasks/<int:task_id>/assignments")
@requires(Permission.TICKET_MOVE)
def give(number: str, task_id: int) -> Answered:
    """To whom is chosen; `me` in one click."""
    form = forms.AssignForm(ids=form_ids(TaskMove.ASSIGN, task_id))
    given = Assignment(f"officer {actor().officer_id}") if "me" in request.form else form.given()

    def act(task: Task) -> None:
        assign(db.session, actor(), task, given, now())

    return move_task(number, task_id, form, _("It is noted who has the task."), act)


@bp.post("/<number>/tasks/<int:task_id>/cancellations")
@requires(Permission.TICKET_MOVE)
def drop(number: str, task_id: int) -> Answered:
    form = forms.CancelForm(ids=form_ids(TaskMove.CANCEL, task_id))

    def act(task: Task) -> None:
        cancel(db.session, actor(), task, form.reason.data or "", now())

    return move_task(number, task_id, form, _("Cancelled. Nobody owes this task any more."), act)


@bp.post("/<number>/places")
@requires(Permission.TICKET_MOVE)
def add(number: str) -> Answered:
    form = forms.AddPlaceForm(ids="add-place")

    def act() -> None:
        add_place(db.session, actor(), load_ticket(db.session, actor(), number, lock=True), form.given(), now())

    again = unit_not_chosen(number, None, form, form.unit)
    return again or carry_out(number, None, form, _("The unit takes part from now on."), act)


@bp.post("/<number>/reopenings")
@requires(Permission.TICKET_MOVE)
def open_again(number: str) -> Answered:
    form = forms.ReopenForm(ids="reopen")

    def act() -> None:
        reopen(db.session, actor(), load_ticket(db.session, actor(), number, lock=True), form.given(), now())

    return carry_out(number, None, form, _("The ticket is open again. The units have been told."), act)
