"""An officer moves to another unit, leaves, or comes back."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.accounts import keeping
from portal.accounts.models import Officer
from portal.clock import now
from portal.errors import Invalid, Refused
from portal.extensions import db
from portal.staff import actions
from portal.staff.forms import MoveForm, PlainForm, WhyForm
from portal.staff.loading import load
from portal.web.access import actor, proved_lately, requires
from portal.web.permissions import Permission
from portal.web.unit_choice import settle

bp = Blueprint("leaving", __name__, url_prefix="/accounts/<int:officer_id>")


@bp.get("/moves")
@requires(Permission.ACCOUNT_MANAGE)
def choose_unit(officer_id: int) -> str:
    return _move_page(load(db.session, actor(), officer_id), MoveForm(formdata=None))


@bp.post("/moves")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def move(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), MoveForm()
    unsettled = settle(db.session, form.unit.form, actor().unit_code)
    try:
        if unsettled or not form.validate() or form.unit.form.chosen is None:
            raise Invalid({"unit": unsettled or _("Choose the unit.")})
        code = form.unit.form.chosen.code
        keeping.check_unit(db.session, actor(), code)
        tasks = actions.move(db.session, actor(), officer, code, now())
    except Refused as refusal:
        form.refuse(refusal if isinstance(refusal, Invalid) else Invalid({"unit": refusal.message}))
        return make_response(_move_page(officer, form), refusal.status)
    db.session.commit()
    flash(_("The officer is at the new unit. Open tasks that stay with the former one: %(n)d.", n=tasks), "success")
    return redirect(url_for("staff.show", officer_id=officer_id))


@bp.get("/departures")
@requires(Permission.ACCOUNT_MANAGE)
def ask_departure(officer_id: int) -> str:
    return _leave_page(load(db.session, actor(), officer_id), WhyForm(formdata=None))


@bp.post("/departures")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def leave(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), WhyForm()
    if not form.validate():
        return make_response(_leave_page(officer, form), 422)
    try:
        tasks = actions.leave(db.session, actor(), officer, form.why.data, now())
    except Refused as refusal:
        form.form_errors.append(refusal.message)
        return make_response(_leave_page(officer, form), refusal.status)
    db.session.commit()
    flash(_("The account is switched off. Open tasks that stay with the unit: %(n)d.", n=tasks), "success")
    return redirect(url_for("staff.show", officer_id=officer_id))


@bp.post("/returns")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def come_back(officer_id: int) -> Response:
    PlainForm()
    officer = load(db.session, actor(), officer_id, lock=True)
    keeping.reactivate(db.session, actor(), officer, now())
    db.session.commit()
    flash(_("The account is on again. Give the officer a new link; roles are granted anew."), "success")
    return redirect(url_for("staff.show", officer_id=officer_id))


def _move_page(officer: Officer, form: MoveForm) -> str:
    return render_template("staff/move.html", officer=officer, form=form)


def _leave_page(officer: Officer, form: WhyForm) -> str:
    return render_template("staff/leave.html", officer=officer, form=form)
