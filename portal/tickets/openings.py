"""Opening a ticket, with a preview of what it would be."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.cipher import cipher
from portal.clock import now
from portal.errors import Invalid
from portal.extensions import db
from portal.tickets.opening import open_ticket
from portal.tickets.opening_forms import OpeningForm
from portal.tickets.opening_page import add_row, note_faults, render_opening, render_preview, settle_units
from portal.web.access import actor, requires
from portal.web.permissions import Permission
from portal.web.transactions import committed

bp = Blueprint("openings", __name__, url_prefix="/tickets")
Answered = Response | str | tuple[str, int]


@bp.get("/new")
@requires(Permission.TICKET_OPEN)
def new() -> str:
    form = OpeningForm(formdata=None)
    form.registry.form.code.data = request.args.get("registry", "")
    settle_units(form)
    return render_opening(form)


@bp.post("/preview")
@requires(Permission.TICKET_OPEN)
def preview() -> str:
    """The page again with its preview, or with one more row; for scripts the preview alone."""
    form = OpeningForm()
    settle_units(form)
    if request.form.get("fragment"):
        return render_preview(form)
    add_row(form, request.form.get("add", ""))
    return render_opening(form)


@bp.post("")
@requires(Permission.TICKET_OPEN)
def create() -> Answered:
    form = OpeningForm()
    settle_units(form)
    if not form.validate() or form.unsettled:
        note_faults(form)
        return render_opening(form), 422
    try:
        ticket = committed(db.session, lambda: open_ticket(db.session, actor(), form.opening(), now(), cipher()))
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return render_opening(form), 422
    flash(_("Ticket %(number)s is open. The first unit has been told.", number=ticket.number), "success")
    return redirect(url_for("tickets.show", number=ticket.number))
