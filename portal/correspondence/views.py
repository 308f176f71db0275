"""What came into the mailbox, for administrators: who wrote when and what it did; never what was written."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.clock import now
from portal.correspondence import queries
from portal.correspondence.forms import ReviewForm
from portal.correspondence.models import IncomingMail
from portal.correspondence.reviewing import review
from portal.errors import Hidden
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("correspondence", __name__, url_prefix="/incoming")
ROWS = 50


@bp.get("")
@requires(Permission.OUTBOX_READ)
def incoming() -> str:
    every = request.args.get("view") == "all"
    key = decode(request.args.get("after"))
    before = key[0] if key and isinstance(key[0], int) else None
    rows = db.session.scalars(queries.incoming(to_review=not every, before=before).limit(ROWS + 1)).all()
    page = page_of(rows, ROWS, lambda row: (row.id,))
    return render_template("correspondence/incoming.html", page=page, every=every, form=ReviewForm(formdata=None))


@bp.post("/<int:incoming_id>/reviews")
@requires(Permission.OUTBOX_READ)
def reviewed(incoming_id: int) -> Response:
    form = ReviewForm()
    found = db.session.get(IncomingMail, incoming_id)
    if found is None:
        raise Hidden(_("There is no such message."))
    review(db.session, actor(), found, now(), as_bounce=bool(form.as_bounce.data))
    db.session.commit()
    flash(_("Reviewed."), "success")
    return redirect(url_for("correspondence.incoming"))
