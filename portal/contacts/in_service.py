"""Coming into service: a steward sets the first day of a unit and of all below it, the pilots before the rest."""

from datetime import date
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from directory.in_service import set_first_day, standing
from directory.models import Unit
from portal.audit.actions import record as audit
from portal.clock import now
from portal.config import Settings
from portal.contacts.forms import FirstDayForm
from portal.contacts.scope import by, unit_to_edit
from portal.errors import Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("in_service", __name__)


@bp.get("/units/<code>/first-day")
@requires(Permission.DIRECTORY_EDIT)
def show(code: str) -> str:
    return _page(unit_to_edit(db.session, actor(), code), FirstDayForm(formdata=None))


@bp.post("/units/<code>/first-days")
@requires(Permission.DIRECTORY_EDIT)
def change(code: str) -> Response | tuple[str, int]:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), FirstDayForm()
    if not _fits(form):
        return _page(found, form), 422
    day = None if form.unknown.data else form.day.data
    count = set_first_day(db.session, code, day, _today(), now(), by(actor()), form.why.data or "",
                          below=bool(form.below.data), waiting_only=bool(form.waiting_only.data))  # fmt: skip
    audit(db.session, actor(), "unit.first-day", f"unit {code}", at=now(), day=str(day or ""), units=count)
    db.session.commit()
    if count:
        flash(ngettext("The first day of %(num)d unit is set.", "The first day of %(num)d units is set.", count),
              "success")  # fmt: skip
    else:
        flash(_("Nothing was changed: no unit here waits for a day, or all have it."), "warning")
    return redirect(url_for("contacts.in_service.show", code=code))


def _fits(form: FirstDayForm) -> bool:
    valid = bool(form.validate())
    if form.day.errors or bool(form.day.data) != bool(form.unknown.data):
        return valid
    form.refuse(Invalid({"day": _("Give the day, or say that it is not known yet: one of the two.")}))
    return False


def _page(found: Unit, form: FirstDayForm) -> str:
    today = _today()
    return render_template(
        "contacts/first_day.html", unit=found, form=form, standing=standing(db.session, found.code, today)
    )


def _today() -> date:
    return now().astimezone(cast(Settings, current_app.extensions["settings"]).timezone).date()
