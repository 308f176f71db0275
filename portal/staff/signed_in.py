"""Where officers are signed in, for the security administrator, who can end it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.accounts.actions import end_all_sessions, end_session
from portal.accounts.signing_in import idle_limit
from portal.clock import now
from portal.errors import Hidden
from portal.extensions import db
from portal.staff import queries
from portal.staff.forms import PlainForm
from portal.staff.loading import LONGEST, after_of, load
from portal.web.access import actor, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("sessions", __name__, url_prefix="/sessions")
PAGE = 50


@bp.get("")
@requires(Permission.SESSION_MANAGE)
def listed() -> str:
    words = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST]
    after = after_of(decode(request.args.get("after")), int)
    statement = queries.sessions(actor(), now(), idle_limit(), words, after, PAGE + 1)  # type: ignore[arg-type]
    page = page_of(db.session.scalars(statement).all(), PAGE, lambda one: (one.id,))
    return render_template("staff/sessions.html", page=page, words=words, ending=PlainForm(formdata=None))


@bp.post("/<int:session_id>/ends")
@requires(Permission.SESSION_MANAGE)
def end(session_id: int) -> Response:
    found = db.session.scalar(queries.session_of(actor(), session_id))
    if found is None:
        raise Hidden(_("There is no such session."))
    end_session(db.session, actor(), found, now())
    return _done()


@bp.post("/officers/<int:officer_id>/ends")
@requires(Permission.SESSION_MANAGE)
def end_all(officer_id: int) -> Response:
    """Everywhere where the officer is signed in."""
    end_all_sessions(db.session, actor(), load(db.session, actor(), officer_id), now())
    return _done()


def _done() -> Response:
    db.session.commit()
    flash(_("Signed out there."), "success")
    return redirect(url_for(".listed"))
