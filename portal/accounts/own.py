"""One's own account: the password, where one is signed in."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts import actions, factors, proofs, queries
from portal.accounts.devices import browser
from portal.accounts.forms import ChangePasswordForm, ChoicesForm, EndSessionForm
from portal.accounts.models import SignInSession
from portal.accounts.signing_in import idle_limit, needs_factor
from portal.accounts.throttle import TooManyFailures
from portal.clock import now
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, signed_in

bp = Blueprint("own", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def account() -> str:
    return render_template("accounts/account.html", **_account(ChangePasswordForm()))


@bp.post("/password")
@signed_in
def change_password() -> AnyResponse:
    form = ChangePasswordForm()
    if not form.validate() or not _is_present_password(form) or not _is_set(form):
        return _page(422, form)
    db.session.commit()
    flash(_("Your password is changed. You are signed out everywhere else."), "success")
    return redirect(url_for("own.account"))


@bp.post("/ended-sessions")
@signed_in
def end_sessions() -> AnyResponse:
    form = EndSessionForm()
    if not form.validate():
        raise Hidden(_("There is no such session."))
    if form.session_id.data is None:
        actions.end_all_sessions(db.session, actor(), current_user.officer, now(), but=current_user.session_id)
    else:
        actions.end_session(db.session, actor(), _own_session(form.session_id.data), now())
    db.session.commit()
    flash(_("Signed out there."), "success")
    return redirect(url_for("own.account"))


def _is_present_password(form: ChangePasswordForm) -> bool:
    try:
        right = proofs.given(db.session, current_user.officer, form.present.data, browser(), now())
    except TooManyFailures as refusal:
        form.refuse(Invalid({"present": refusal.message}))
        return False
    if not right:
        form.refuse(Invalid({"present": _("This is not your present password")}))
    return right


def _is_set(form: ChangePasswordForm) -> bool:
    """Set it; if it is refused, the form says why."""
    keep = current_user.session_id
    try:
        actions.set_password(db.session, actor(), current_user.officer, form.password.data, now(), keep_session=keep)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return True


def _page(status: int, form: ChangePasswordForm) -> Response:
    return make_response(render_template("accounts/account.html", **_account(form)), status)


def _account(form: ChangePasswordForm) -> dict[str, object]:
    officer, at = current_user.officer, now()
    return {
        "form": form,
        "choices": ChoicesForm(formdata=None, obj=officer),
        "ending": EndSessionForm(formdata=None),
        "sessions": db.session.scalars(queries.live_sessions_of(officer.id, at, idle_limit())).all(),
        "factor": factors.confirmed(officer),
        "codes_left": factors.codes_left(db.session, officer.id),
        "needed": needs_factor(officer, at),
        "roles": sorted(grant.role for grant in officer.grants if grant.role in actor().roles),
    }


def _own_session(session_id: int) -> SignInSession:
    own = queries.live_sessions_of(current_user.officer.id, now(), idle_limit()).where(SignInSession.id == session_id)
    found = db.session.scalar(own)
    if found is None:
        raise Hidden(_("There is no such session."))
    return found
