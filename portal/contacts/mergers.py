"""A unit merged into another, looked at and only then done; or put under another that commands it from now on."""

from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.history import locked_unit
from directory.models import Unit
from portal.clock import now
from portal.config import Settings
from portal.contacts.actions import Merger, check_merger, check_move, foreseen, merge, move
from portal.contacts.forms import MergerForm, MoveForm
from portal.contacts.scope import may_edit, unit_to_edit
from portal.errors import Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission
from portal.web.unit_choice import settle

bp = Blueprint("mergers", __name__)
Answered = Response | str | tuple[str, int]


@bp.get("/units/<code>/merger")
@requires(Permission.DIRECTORY_EDIT)
def choose(code: str) -> str:
    found = unit_to_edit(db.session, actor(), code)
    return _page(found, MergerForm(formdata=None, on=now().astimezone(_settings().timezone).date()))


@bp.post("/units/<code>/merger")
@requires(Permission.DIRECTORY_EDIT)
def preview(code: str) -> Answered:
    """What would happen; nothing has happened yet."""
    found, form = unit_to_edit(db.session, actor(), code), MergerForm()
    return _page(found, form, foreseen(db.session, found)) if _fits(found, form) else (_page(found, form), 422)


@bp.post("/units/<code>/mergers")
@requires(Permission.DIRECTORY_EDIT)
def do(code: str) -> Answered:
    if done := _done(code):
        return redirect(url_for("contacts.unit", code=done))
    found, form = unit_to_edit(db.session, actor(), code, lock=True), MergerForm()
    if not _fits(found, form):
        return _page(found, form), 422
    successor = cast(Unit, form.successor.form.chosen)
    locked_unit(db.session, successor.code)
    moved = merge(db.session, actor(), found, successor, form.on.data,
                  contacts_move=bool(form.contacts_move.data), why=form.why.data or "", at=now())  # fmt: skip
    db.session.commit()
    told = _("%(unit)s is merged into %(successor)s: %(tasks)d open tasks moved.",
             unit=found.name, successor=successor.name, tasks=moved.work.tasks)  # fmt: skip
    flash(told, "success")
    return redirect(url_for("contacts.unit", code=successor.code))


@bp.get("/units/<code>/parent")
@requires(Permission.DIRECTORY_EDIT)
def choose_parent(code: str) -> str:
    return _move_page(unit_to_edit(db.session, actor(), code), MoveForm(formdata=None))


@bp.post("/units/<code>/parent")
@requires(Permission.DIRECTORY_EDIT)
def change_parent(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), MoveForm()
    if not _may_move(found, form):
        return _move_page(found, form), 422
    parent = cast(Unit, form.parent.form.chosen)
    if parent.code != found.parent_code:
        tickets = move(db.session, actor(), found, parent, form.why.data or "", now())
        db.session.commit()
        flash(_("%(unit)s is commanded by %(parent)s now. Open tickets that climb in the new chain: %(n)d.",
                unit=found.name, parent=parent.name, n=tickets), "success")  # fmt: skip
    return redirect(url_for("contacts.unit", code=code))


def _done(code: str) -> str | None:
    """The unit into which this one is merged already, where the button was pressed twice."""
    found = locked_unit(db.session, code) if may_edit(db.session, actor(), code) else None
    return found.successor_code if found else None


def _fits(found: Unit, form: MergerForm) -> bool:
    """Whether the form says which unit, when and why, and these units can be merged by this steward."""
    unsettled = settle(db.session, form.successor.form, found.code)
    valid = form.validate()
    if unsettled:
        form.refuse(Invalid({"successor": unsettled}))
        return False
    try:
        today = now().astimezone(_settings().timezone).date()
        check_merger(db.session, actor(), found, form.successor.form.chosen, form.on.data, today)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return bool(valid)


def _may_move(found: Unit, form: MoveForm) -> bool:
    unsettled = settle(db.session, form.parent.form, found.code)
    valid = form.validate()
    if unsettled:
        form.refuse(Invalid({"parent": unsettled}))
        return False
    try:
        check_move(db.session, actor(), found, form.parent.form.chosen)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return bool(valid)


def _move_page(found: Unit, form: MoveForm) -> str:
    return render_template("contacts/move.html", unit=found, form=form)


def _page(found: Unit, form: MergerForm, foreseen: Merger | None = None) -> str:
    return render_template("contacts/merger.html", unit=found, form=form, foreseen=foreseen)


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
