"""A ticket's page, and the moves on its tasks."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from portal.cipher import cipher
from portal.clock import now
from portal.errors import Conflict, Invalid, Refused
from portal.extensions import db
from portal.tickets import moves
from portal.tickets.citizens import reveal
from portal.tickets.drafting import sent
from portal.tickets.forms import (
    AnswerForm,
    CloseForm,
    MoveForm,
    ResendForm,
    ReturnForm,
    RevealForm,
    SignForForm,
    WithdrawForm,
)
from portal.tickets.lifecycle import TaskMove
from portal.tickets.models import Task
from portal.tickets.page import Interrupted, form_ids, render_ticket, show_ticket
from portal.tickets.queries import load_task, load_ticket
from portal.web.access import actor, requires
from portal.web.forms import PortalForm
from portal.web.permissions import Permission

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
CHANGED = lazy_gettext("The task has changed since you opened this page. Nothing was sent; your text is still here.")
Answered = Response | str | tuple[str, int]


@bp.get("/<number>")
@requires(Permission.TICKET_READ)
def show(number: str) -> str:
    return show_ticket(number)


@bp.post("/<number>/tasks/<int:task_id>/sign-for")
@requires(Permission.TICKET_MOVE)
def sign_for(number: str, task_id: int) -> Answered:
    form = SignForForm(ids=form_ids(TaskMove.SIGN_FOR, task_id))
    return _move(number, task_id, form, _("Signed for."), lambda task: moves.sign_for(db.session, actor(), task, now()))


@bp.post("/<number>/tasks/<int:task_id>/answers")
@requires(Permission.TICKET_MOVE)
def answer(number: str, task_id: int) -> Answered:
    form = AnswerForm(ids=form_ids(TaskMove.ANSWER, task_id))

    def act(task: Task) -> None:
        moves.answer(db.session, actor(), task, form.answer(), now())

    return _move(number, task_id, form, _("Answered."), act)


@bp.post("/<number>/tasks/<int:task_id>/returns")
@requires(Permission.TICKET_MOVE)
def send_back(number: str, task_id: int) -> Answered:
    form = ReturnForm(ids=form_ids(TaskMove.RETURN, task_id))

    def act(task: Task) -> None:
        moves.return_task(db.session, actor(), task, form.given(), now())

    return _move(number, task_id, form, _("Returned."), act)


@bp.post("/<number>/tasks/<int:task_id>/resends")
@requires(Permission.TICKET_MOVE)
def resend(number: str, task_id: int) -> Answered:
    form = ResendForm(ids=form_ids(TaskMove.RESEND, task_id))

    def act(task: Task) -> None:
        moves.resend(db.session, actor(), task, form.text.data or "", now())

    return _move(number, task_id, form, _("Sent again."), act)


@bp.post("/<number>/closings")
@requires(Permission.TICKET_MOVE)
def close(number: str) -> Answered:
    def act() -> None:
        moves.close(db.session, actor(), load_ticket(db.session, actor(), number, lock=True), now())

    return _carry_out(number, None, CloseForm(ids="close"), _("Closed."), act)


@bp.post("/<number>/withdrawals")
@requires(Permission.TICKET_MOVE)
def withdraw(number: str) -> Answered:
    form = WithdrawForm(ids="withdraw")

    def act() -> None:
        ticket = load_ticket(db.session, actor(), number, lock=True)
        moves.withdraw(db.session, actor(), ticket, form.reason.data or "", now())

    return _carry_out(number, None, form, _("Withdrawn. Nobody owes anything on this ticket any more."), act)


@bp.post("/<number>/reveals")
@requires(Permission.CITIZEN_REVEAL)
def reveal_citizens(number: str) -> Answered:
    """The citizens' data, shown in this one answer and nowhere else."""
    form = RevealForm(ids="reveal")
    ticket = load_ticket(db.session, actor(), number, lock=True)
    try:
        citizens = reveal(db.session, actor(), ticket, form.reason.data or "", now(), cipher())
    except Invalid as refusal:
        return _again(number, Interrupted(_refused(form, refusal)), refusal.status)
    db.session.commit()
    return render_template("tickets/revealed.html", ticket=ticket, citizens=citizens)


def _move(number: str, task_id: int, form: MoveForm, said: str, act: Callable[[Task], None]) -> Answered:
    """A move on a task, if the task is still as its page showed it."""

    def guarded() -> None:
        task = load_task(db.session, actor(), number, task_id, lock=True)
        if form.version.data and form.version.data != task.version:
            raise Conflict(CHANGED)
        act(task)

    return _carry_out(number, task_id, form, said, guarded)


def _carry_out(number: str, task_id: int | None, form: PortalForm, said: str, act: Callable[[], None]) -> Answered:
    """Check the form, act, commit, go back to the ticket; or show the ticket with the form as it was typed."""
    if not form.validate():
        return _again(number, Interrupted(form, task_id), 422)
    try:
        act()
    except Invalid as refusal:
        return _again(number, Interrupted(_refused(form, refusal), task_id), refusal.status)
    except Conflict as refusal:
        return _again(number, _stopped(form, task_id, refusal), refusal.status)
    sent(db.session, actor(), number, form.form_id)
    db.session.commit()
    flash(said, "success")
    return redirect(url_for("tickets.show", number=number))


def _again(number: str, interrupted: Interrupted, status: int) -> tuple[str, int]:
    db.session.rollback()
    return render_ticket(number, interrupted), status


def _refused(form: PortalForm, refusal: Invalid) -> PortalForm:
    form.refuse(refusal)
    return form


def _stopped(form: PortalForm, task_id: int | None, refusal: Refused) -> Interrupted:
    seen = form.seen.data if isinstance(form, MoveForm) else None
    return Interrupted(form, task_id, refusal.message, seen)
