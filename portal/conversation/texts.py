"""The pages of the texts that a unit writes often, and one of them filled in for a ticket."""

from functools import lru_cache

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select
from werkzeug.wrappers import Response as AnyResponse

from directory.models import Unit
from portal.clock import now
from portal.conversation.filling import FIELDS, filled, named
from portal.conversation.forms import RemoveForm, TextForm
from portal.conversation.models import TextTemplate
from portal.conversation.templates import load_text, remove_text, save_text, usable_by
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.procedures.catalogue import shipped
from portal.tickets.models import Task, Ticket
from portal.tickets.queries import load_ticket
from portal.tickets.shape import KEPT, Shape, bound, shape_of
from portal.web.access import actor, requires
from portal.web.filters import day, deadline, in_language
from portal.web.permissions import Permission

bp = Blueprint("texts", __name__)


@bp.get("/texts")
@requires(Permission.TICKET_MESSAGE)
def overview() -> str:
    return _page(TextForm(formdata=None))


@bp.post("/texts")
@requires(Permission.TICKET_MESSAGE)
def add() -> AnyResponse | tuple[str, int]:
    return _save(None, TextForm())


@bp.get("/texts/<int:text_id>")
@requires(Permission.TICKET_MESSAGE)
def edit(text_id: int) -> str:
    text = load_text(db.session, actor(), text_id, own=True)
    return _page(TextForm(formdata=None, obj=text), text)


@bp.post("/texts/<int:text_id>")
@requires(Permission.TICKET_MESSAGE)
def change(text_id: int) -> AnyResponse | tuple[str, int]:
    return _save(load_text(db.session, actor(), text_id, own=True), TextForm())


@bp.post("/texts/<int:text_id>/removals")
@requires(Permission.TICKET_MESSAGE)
def remove(text_id: int) -> AnyResponse:
    remove_text(db.session, actor(), load_text(db.session, actor(), text_id, own=True), now())
    db.session.commit()
    flash(_("The text is removed."), "success")
    return redirect(url_for("texts.overview"))


@bp.get("/tickets/<number>/texts/<int:text_id>")
@requires(Permission.TICKET_MESSAGE)
def fill(number: str, text_id: int) -> Response:
    """The text, its fields filled in from the ticket and, where one is named (`?task=`), from the task."""
    ticket = load_ticket(db.session, actor(), number)
    wanted = request.args.get("task", 0, type=int)
    task = next((task for task in ticket.tasks if task.id == wanted), None)
    text = load_text(db.session, actor(), text_id)
    return Response(filled(text.body, _values(ticket, task)), content_type="text/plain; charset=utf-8")


def texts_at_hand() -> list[TextTemplate]:
    return list(db.session.scalars(_usable_by(shape_of(actor())), bound(actor())))


@lru_cache(KEPT)
def _usable_by(shape: Shape) -> Select[TextTemplate]:
    return usable_by(shape.actor())


def _values(ticket: Ticket, task: Task | None) -> dict[str, str]:
    procedure, officer = shipped()[ticket.procedure], actor()
    due = task.present_clocks if task else {}
    last = max((clock.due_at for clock in due.values()), default=ticket.due_at)
    own = db.session.get(Unit, officer.unit_code)
    zone = current_app.extensions["settings"].timezone
    return {
        "number": ticket.number,
        "procedure": in_language(procedure),
        "step": in_language(task) if task else "",
        "unit": own.name if own else "",
        "opener": ticket.opener.name,
        "registry": ticket.registry_unit.name if ticket.registry_unit else "",
        "due": deadline(last) if last else "",
        "officer": officer.name,
        "today": day(now().astimezone(zone).date()),
    }


def _save(text: TextTemplate | None, form: TextForm) -> AnyResponse | tuple[str, int]:
    try:
        save_text(db.session, actor(), text, form.title.data or "", form.body.data or "", form.version.data, now())
    except Invalid as refusal:
        form.refuse(refusal)
        return _again(form, text, refusal.status)
    except Conflict as refusal:
        form.form_errors.append(refusal.message)
        return _again(form, text, refusal.status)
    db.session.commit()
    flash(_("The text is saved."), "success")
    return redirect(url_for("texts.overview"))


def _again(form: TextForm, text: TextTemplate | None, status: int) -> tuple[str, int]:
    text_id = text.id if text else None
    db.session.rollback()
    return _page(form, load_text(db.session, actor(), text_id, own=True) if text_id else None), status


def _page(form: TextForm, text: TextTemplate | None = None) -> str:
    if text is not None:
        form.version.data = text.version
    return render_template("tickets/texts.html", texts=texts_at_hand(), form=form, text=text, fields=named(FIELDS),
                           remove=RemoveForm(), own=actor().unit_code)  # fmt: skip
