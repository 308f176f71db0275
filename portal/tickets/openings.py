"""Opening a ticket, with a preview of what it would be, and drafts of what is not opened yet."""

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from portal.cipher import cipher
from portal.clock import now
from portal.drafts import actions as drafts
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.procedures.queries import offered
from portal.tickets.alike import OpenAlready
from portal.tickets.opening import open_ticket, opened_before
from portal.tickets.opening_forms import OpeningForm
from portal.tickets.opening_page import (
    KIND,
    add_row,
    draft_key,
    note_faults,
    render_opening,
    render_preview,
    settle_units,
)
from portal.web.access import actor, requires
from portal.web.permissions import Permission
from portal.web.transactions import committed

bp = Blueprint("openings", __name__, url_prefix="/tickets")
Answered = Response | str | tuple[str, int]
NO_CONTENT = frozenset({"csrf_token", "add", "fragment", "anyway", "submission_key", "urgency"})
"Fields that alone make no draft, or are no part of one."
UNKEPT = frozenset({"csrf_token", "add", "fragment", "anyway"})
NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")


@bp.get("/new")
@requires(Permission.TICKET_OPEN)
def new() -> str:
    """An empty form, one with the registry chosen (`?registry=CODE`), or one half typed before (`?draft=…`)."""
    typed = _kept(request.args["draft"]) if "draft" in request.args else None
    form = OpeningForm(offered(db.session), formdata=typed)
    if typed is None:
        form.registry.form.code.data = request.args.get("registry", "")
    settle_units(form)
    return render_opening(form)


@bp.post("/preview")
@requires(Permission.TICKET_OPEN)
def preview() -> str:
    """The page again with its preview, or with one more row; for scripts the preview alone."""
    form = OpeningForm(offered(db.session))
    settle_units(form)
    if request.form.get("fragment"):
        return render_preview(form)
    add_row(form, request.form.get("add", ""))
    return render_opening(form)


@bp.post("")
@requires(Permission.TICKET_OPEN)
def create() -> Answered:
    form = OpeningForm(offered(db.session))
    settle_units(form)
    if not form.validate() or form.unsettled:
        note_faults(form)
        return render_opening(form), 422
    try:
        number, drill = committed(db.session, lambda: _open(form))
    except OpenAlready as already:
        page = render_opening(form, already.tickets)
        db.session.rollback()
        return page, already.status
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return render_opening(form), 422
    told = _("Drill %(number)s is open. Nobody outside your unit is told.", number=number)
    usual = _("Ticket %(number)s is open. The first unit has been told.", number=number)
    flash(told if drill else usual, "success")
    return redirect(url_for("tickets.show", number=number))


@bp.post("/drafts")
@requires(Permission.TICKET_OPEN)
def keep() -> Answered:
    """What is typed so far; for scripts, which come again and again, one line that says when it was kept."""
    name = request.form.get("submission_key", "")
    if not NAME.fullmatch(name):
        return _told(_("This draft cannot be kept: load the page again."))
    pairs = [(field, text) for field, text in request.form.items(multi=True) if field not in UNKEPT]
    if opened_before(db.session, actor(), name):
        return _told("")
    if not any(text.strip() for field, text in pairs if field not in NO_CONTENT):
        drafts.discard(db.session, actor(), draft_key(name))
        db.session.commit()
        return _told("")
    at = now()
    try:
        drafts.save(db.session, actor(), draft_key(name), {"fields": pairs}, at, cipher())
    except Invalid as refusal:
        return _told(str(refusal.message))
    db.session.commit()
    if request.form.get("fragment"):
        return render_template("tickets/draft_kept.html", at=at)
    flash(_("Kept as a draft. You find it here again, also on another computer."), "success")
    return redirect(url_for(".new", draft=name))


@bp.post("/drafts/<name>/discards")
@requires(Permission.TICKET_OPEN)
def discard(name: str) -> Response:
    drafts.discard(db.session, actor(), draft_key(name))
    db.session.commit()
    flash(_("The draft is discarded."), "success")
    return redirect(url_for(".new"))


def _open(form: OpeningForm) -> tuple[str, bool]:
    """(number, whether it is a drill): the ticket itself would be read again once it is committed."""
    opening = form.opening()
    ticket = open_ticket(db.session, actor(), opening, now(), cipher(), anyway=bool(form.anyway.data))
    if opening.submission_key:
        drafts.discard(db.session, actor(), draft_key(opening.submission_key))
    return ticket.number, ticket.drill


def _kept(name: str) -> MultiDict[str, str]:
    """The fields of a draft as they were typed; Hidden if the officer has no such draft."""
    draft = drafts.load(db.session, actor(), f"{KIND}:{name}"[:100], cipher())
    if draft is None:
        raise Hidden(_("This draft is not there any more: it was opened, discarded, or not touched for too long."))
    return MultiDict([(field, text) for field, text in draft.content["fields"]])


def _told(text: str) -> Answered:
    if request.form.get("fragment"):
        return render_template("tickets/draft_kept.html", at=None, text=text)
    if text:
        flash(text, "warning")
    return redirect(url_for(".new"))
