"""The kinds of case (事项): read by every officer, set by the supervisors of the province, version by version."""

from itertools import pairwise

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.models import Unit
from portal.clock import now
from portal.errors import Conflict, Hidden, Invalid
from portal.extensions import db
from portal.procedures import actions
from portal.procedures.catalogue import PLACES, Procedure
from portal.procedures.changes import Change, changes
from portal.procedures.forms import ROWS, ProcedureForm, StateForm
from portal.procedures.models import ProcedureVersion
from portal.procedures.queries import all_procedures, versions
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("procedures", __name__, url_prefix="/procedures")
Answered = Response | str | tuple[str, int]


@bp.get("")
@requires(Permission.TICKET_READ)
def catalogue() -> str:
    return render_template(
        "procedures/catalogue.html", procedures=all_procedures(db.session).values(), editable=_editable()
    )


@bp.get("/<code>")
@requires(Permission.TICKET_READ)
def show(code: str) -> str:
    """The newest version, or another one: `?version=2`."""
    return _page(code)


@bp.get("/new")
@requires(Permission.PROCEDURE_EDIT)
def new() -> str:
    _only_the_province()
    return _form_page(ProcedureForm(formdata=None), None)


@bp.post("")
@requires(Permission.PROCEDURE_EDIT)
def add() -> Answered:
    _only_the_province()
    form = ProcedureForm()
    return _edited(form, None) or _saved(form, None)


@bp.get("/<code>/edit")
@requires(Permission.PROCEDURE_EDIT)
def edit(code: str) -> str:
    _only_the_province()
    row = actions.newest_version(db.session, code)
    return _form_page(ProcedureForm.of(row.procedure), row)


@bp.post("/<code>/versions")
@requires(Permission.PROCEDURE_EDIT)
def revise(code: str) -> Answered:
    _only_the_province()
    form, row = ProcedureForm(), actions.newest_version(db.session, code)
    return _edited(form, row) or _saved(form, row)


@bp.post("/<code>/retirements")
@requires(Permission.PROCEDURE_EDIT)
def retire(code: str) -> Answered:
    return _set_state(code, offered=False)


@bp.post("/<code>/restorations")
@requires(Permission.PROCEDURE_EDIT)
def offer_again(code: str) -> Answered:
    return _set_state(code, offered=True)


def _edited(form: ProcedureForm, row: ProcedureVersion | None) -> str | tuple[str, int] | None:
    """The page again: with one more row, with what would change, or with what is wrong; None if it can be saved."""
    if (added := request.form.get("add", "")) in ROWS:
        form.add_row(added)
        return _form_page(form, row)
    if request.form.get("preview"):
        if form.validate() and _sound(form, row):
            return _form_page(form, row, previewed=True)
        return _form_page(form, row), 422
    return None if form.validate() else (_form_page(form, row), 422)


def _sound(form: ProcedureForm, row: ProcedureVersion | None) -> bool:
    try:
        actions.check(form.procedure(_code(form, row)))
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return True


def _saved(form: ProcedureForm, row: ProcedureVersion | None) -> Answered:
    act = actions.revise if row else actions.add
    code = _code(form, row)
    try:
        act(db.session, actor(), form.procedure(code), form.why.data or "", now())
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _form_page(form, row), refusal.status
    except Conflict as refusal:
        db.session.rollback()
        return _form_page(form, row, told=str(refusal.message)), refusal.status
    db.session.commit()
    flash(_("Saved. Tickets opened from now on have this version; others keep theirs."), "success")
    return redirect(url_for(".show", code=code))


def _set_state(code: str, *, offered: bool) -> Answered:
    _only_the_province()
    form = StateForm(ids="state")
    if not form.validate():
        return _page(code, form), 422
    act = actions.offer_again if offered else actions.retire
    try:
        act(db.session, actor(), code, form.seen, form.why.data or "", now())
    except Conflict as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal.message))
        return _page(code, form), refusal.status
    db.session.commit()
    told = _("Tickets can be opened by it again.") if offered else _("No new ticket is opened by it from now on.")
    flash(told, "success")
    return redirect(url_for(".show", code=code))


def _page(code: str, state: StateForm | None = None) -> str:
    rows = list(db.session.scalars(versions(code))) if "\x00" not in code else []
    asked = request.args.get("version", rows[0].version if rows else 0, int)
    row = next((each for each in rows if each.version == asked), None)
    if row is None:
        raise Hidden(actions.NOT_THERE)
    form = state or StateForm(formdata=None, ids="state")
    form.version.data = str(rows[0].version)
    history = [(each, changes(before.procedure, each.procedure)) for each, before in pairwise(rows)]
    return render_template(
        "procedures/procedure.html", procedure=row.procedure, row=row, rows=rows, history=dict(history), form=form,
        editable=_editable(), newest=row is rows[0],
    )  # fmt: skip


def _form_page(form: ProcedureForm, row: ProcedureVersion | None, *, previewed: bool = False, told: str = "") -> str:
    before = row.procedure if row else None
    after = form.procedure(_code(form, row)) if previewed else None
    return render_template(
        "procedures/edit.html", form=form, before=before, after=after, told=told, changed=_changed(before, after),
        places=PLACES,
    )  # fmt: skip


def _changed(before: Procedure | None, after: Procedure | None) -> list[Change]:
    return list(changes(before, after)) if before and after else []


def _code(form: ProcedureForm, row: ProcedureVersion | None) -> str:
    return row.code if row else form.code.data or ""


def _editable() -> bool:
    """Whether the reader is a supervisor of the unit that commands all others."""
    unit = db.session.get(Unit, actor().unit_code) if actor().unit_code else None
    return unit is not None and unit.parent_code is None and actor().may(Permission.PROCEDURE_EDIT)


def _only_the_province() -> None:
    if not _editable():
        abort(403)
