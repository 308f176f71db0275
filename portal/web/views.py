"""The language switch, and whether the process is alive."""

from flask import Blueprint, Response, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.extensions import db
from portal.web.access import public
from portal.web.languages import LANGUAGES
from portal.web.links import own_path

bp = Blueprint("web", __name__)


@bp.post("/language")
@public
def set_language() -> AnyResponse:
    """For this browser, and for the officer who is signed in: mails come in it too."""
    language = request.form.get("language", "")
    if language in LANGUAGES:
        session["language"] = language
        if current_user.is_authenticated:
            current_user.officer.language = language
            db.session.commit()
    return redirect(own_path(request.form.get("next")))


@bp.get("/healthz")
@public
def health() -> Response:
    """The process answers; it asks nothing of the database."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")
