"""What an officer chooses for oneself: which mails come besides those of duty, the keys, the tour."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.accounts.forms import ChoicesForm, PlainForm
from portal.clock import now
from portal.extensions import db
from portal.web.access import signed_in
from portal.web.links import own_path

bp = Blueprint("choices", __name__, url_prefix="/account")


@bp.post("/choices")
@signed_in
def choose() -> Response:
    form = ChoicesForm()
    if form.validate():
        form.populate_obj(current_user.officer)
        db.session.commit()
        flash(_("Your choices are kept."), "success")
    return redirect(url_for("own.account", _anchor="choices"))


@bp.post("/tours")
@signed_in
def end_tour() -> Response:
    """The tour is not shown again, in no browser; or once more, where that is asked for."""
    again = PlainForm().validate() and "again" in request.form
    current_user.officer.toured_at = None if again else now()
    db.session.commit()
    return redirect(url_for("desk.work_list") if again else own_path(request.form.get("next")))
