"""A ticket's page, and the moves on its tasks."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from portal.audit.viewing import note_viewing
from portal.cipher import cipher
from portal.clock import now
from portal.errors import Invalid
from portal.extensions import db
from portal.tickets import moves
from portal.tickets.cards import Interrupted, Wanted, form_ids
from portal.tickets.carrying_out import Answered, carry_out, move_task, refused, show_again
from portal.tickets.citizens import reveal
from portal.tickets.forms import (
    AnswerForm,
    CloseForm,
    ResendForm,
    ReturnForm,
    RevealForm,
    SignForForm,
    WithdrawForm,
)
from portal.tickets.lifecycle import TaskMove
from portal.tickets.models import Task
from portal.tickets.number import format_number, parse_number
from portal.tickets.page import show_ticket
from portal.tickets.queries import load_ticket
from portal.tickets.rung_steps import rung_steps
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
bp.add_app_template_global(rung_steps)


@bp.get("/<number>")
@requires(Permission.TICKET_READ)
def show(number: str) -> str:
    """`?open=hand-on-12` opens the form of that id; `&unit=` chooses the unit in it."""
    page = show_ticket(number, Wanted(request.args.get("open", ""), request.args.get("unit", "")))
    note_viewing(db.engine, actor(), format_number(*parse_number(number)), now())
    return page


@bp.post("/<number>/tasks/<int:task_id>/sign-for")
@requires(Permission.TICKET_MOVE)
def sign_for(number: str, task_id: int) -> Answered:
    form = SignForForm(ids=form_ids(TaskMove.SIGN_FOR, task_id))
    return move_task(number, task_id, form, _("Signed for."),
                     lambda task: moves.sign_for(db.session, actor(), task, now()))  # fmt: skip


@bp.post("/<number>/tasks/<int:task_id>/answers")
@requires(Permission.TICKET_MOVE)
def answer(number: str, task_id: int) -> Answered:
    form = AnswerForm(ids=form_ids(TaskMove.ANSWER, task_id))

    def act(task: Task) -> None:
        moves.answer(db.session, actor(), task, form.answer(), now())

    return move_task(number, task_id, form, _("Answered."), act)


@bp.post("/<number>/tasks/<int:task_id>/returns")
@requires(Permission.TICKET_MOVE)
def send_back(number: str, task_id: int) -> Answered:
    form = ReturnForm(ids=form_ids(TaskMove.RETURN, task_id))

    def act(task: Task) -> None:
        moves.return_task(db.session, actor(), task, form.given(), now())

    return move_task(number, task_id, form, _("Returned."), act)


@bp.post("/<number>/tasks/<int:task_id>/resends")
@requires(Permission.TICKET_MOVE)
def resend(number: str, task_id: int) -> Answered:
    form = ResendForm(ids=form_ids(TaskMove.RESEND, task_id))

    def act(task: Task) -> None:
        moves.resend(db.session, actor(), task, form.text.data or "", now())

    return move_task(number, task_id, form, _("Sent again."), act)


@bp.post("/<number>/closings")
@requires(Permission.TICKET_MOVE)
def close(number: str) -> Answered:
    def act() -> None:
        moves.close(db.session, actor(), load_ticket(db.session, actor(), number, lock=True), now())

    return carry_out(number, None, CloseForm(ids="close"), _("Closed."), act)


@bp.post("/<number>/withdrawals")
@requires(Permission.TICKET_MOVE)
def withdraw(number: str) -> Answered:
    form = WithdrawForm(ids="withdraw")

    def act() -> None:
        ticket = load_ticket(db.session, actor(), number, lock=True)
        moves.withdraw(db.session, actor(), ticket, form.reason.data or "", now())

    return carry_out(number, None, form, _("Withdrawn. Nobody owes anything on this ticket any more."), act)


@bp.post("/<number>/reveals")
@requires(Permission.CITIZEN_REVEAL)
def reveal_citizens(number: str) -> Answered:
    """The citizens' data, shown in this one answer and nowhere else."""
    form = RevealForm(ids="reveal")
    ticket = load_ticket(db.session, actor(), number, lock=True)
    try:
        citizens = reveal(db.session, actor(), ticket, form.reason.data or "", now(), cipher())
    except Invalid as refusal:
        return show_again(number, Interrupted(refused(form, refusal)), refusal.status)
    db.session.commit()
    return render_template("tickets/revealed.html", ticket=ticket, citizens=citizens)
