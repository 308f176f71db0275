"""Before a sensitive act: the question for the password or a code, and the way back with nothing typed lost."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.accounts import proofs
from portal.accounts.devices import browser
from portal.accounts.factors import confirmed
from portal.accounts.forms import ProofForm
from portal.accounts.throttle import TooManyFailures
from portal.clock import now
from portal.extensions import db
from portal.web.access import signed_in
from portal.web.links import own_path

bp = Blueprint("proving", __name__)
NOT_CARRIED = {"csrf_token", "proof"}


def ask() -> Response | None:
    """The question, in the place of the view; None where the answer came with the request and is right."""
    form = ProofForm(target=request.full_path)
    if request.method == "POST" and "proof" in request.form and _right(form):
        return None
    return _question(form, None if request.method == "GET" else request.full_path)


@bp.post("/proofs")
@signed_in
def give() -> Response:
    """The answer to a page that was only to be read."""
    form = ProofForm()
    if not _right(form):
        return _question(form, None, 422)
    return redirect(own_path(form.target.data))


def _right(form: ProofForm) -> bool:
    if not form.validate():
        return False
    try:
        right = proofs.given(db.session, current_user.officer, form.proof.data, browser(), now())
    except TooManyFailures as refusal:
        form.proof.errors = [refusal.message]
        return False
    if not right:
        form.proof.errors = [_("This is neither your password nor a code that is good now.")]
    return right


def _question(form: ProofForm, action: str | None, status: int = 403) -> Response:
    """What was sent travels along as hidden fields, files excepted."""
    carried = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_CARRIED] if action else []
    form.proof.data = ""
    page: dict[str, Any] = {
        "form": form,
        "carried": carried,
        "action": action or url_for("proving.give"),
        "files_lost": bool(action and any(file.filename for file in request.files.values())),
        "has_factor": confirmed(current_user.officer) is not None,
    }
    return make_response(render_template("accounts/proof.html", **page), status)
