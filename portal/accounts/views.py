"""Signing in and out, the first sign-in, and one's own account."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts import actions, attempts, links, passwords, queries
from portal.accounts.forms import ChangePasswordForm, ChoosePasswordForm, EndSessionForm, SignInForm
from portal.accounts.models import Officer, SignInSession
from portal.accounts.signing_in import SignedIn
from portal.accounts.throttle import TooManyFailures
from portal.clock import now
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, public, signed_in
from portal.web.links import own_path

bp = Blueprint("accounts", __name__)


@bp.get("/sign-in")
@public
def sign_in() -> AnyResponse | str:
    form = SignInForm(next=request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(own_path(form.next.data))
    return render_template("accounts/sign_in.html", form=form)


@bp.post("/sign-in")
@public
def submit_sign_in() -> AnyResponse:
    form = SignInForm()
    if not form.validate():
        return _page("accounts/sign_in.html", 422, form=form)
    try:
        officer_and_token = _attempt(form)
    except TooManyFailures as refusal:
        form.form_errors.append(refusal.message)
        response = _page("accounts/sign_in.html", refusal.status, form=form)
        response.headers["Retry-After"] = str(int(refusal.wait.total_seconds()))
        return response
    if officer_and_token is None:
        form.form_errors.append(_("Username or password is wrong."))
        return _page("accounts/sign_in.html", 422, form=form)
    _enter(*officer_and_token)
    return redirect(own_path(form.next.data))


@bp.post("/sign-out")
@signed_in
def sign_out() -> AnyResponse:
    here = db.session.get_one(SignInSession, current_user.session_id)
    actions.end_session(db.session, actor(), here, now())
    db.session.commit()
    logout_user()
    _forget_all_but_language()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"))


@bp.get("/first-sign-in/<token>")
@public
def first_sign_in(token: str) -> AnyResponse | str:
    officer = links.officer_of(db.session, token)
    return render_template("accounts/first_sign_in.html", form=ChoosePasswordForm(), officer=officer)


@bp.post("/first-sign-in/<token>")
@public
def submit_first_sign_in(token: str) -> AnyResponse:
    form = ChoosePasswordForm()
    officer = links.officer_of(db.session, token)
    address, at = request.remote_addr or "", now()
    if not form.validate() or not _password_set(form, officer, None):
        return _page("accounts/first_sign_in.html", 422, form=form, officer=officer)
    begun = actions.begin_session(db.session, officer, at, address, _agent())
    db.session.commit()
    _enter(officer, begun)
    flash(_("Your password is set, and you are signed in."), "success")
    return redirect("/")


@bp.get("/account")
@signed_in
def account() -> str:
    return render_template("accounts/account.html", **_account(ChangePasswordForm()))


@bp.post("/account/password")
@signed_in
def change_password() -> AnyResponse:
    form = ChangePasswordForm()
    if not form.validate() or not _is_present_password(form):
        return _page("accounts/account.html", 422, **_account(form))
    if not _password_set(form, current_user.officer, current_user.session_id):
        return _page("accounts/account.html", 422, **_account(form))
    db.session.commit()
    flash(_("Your password is changed. You are signed out everywhere else."), "success")
    return redirect(url_for("accounts.account"))


@bp.post("/account/ended-sessions")
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
    return redirect(url_for("accounts.account"))


def _attempt(form: SignInForm) -> tuple[Officer, str] | None:
    """The officer and the session's token, if name and password are right.

    Two commits, not one: hashing takes 0.2 s, in which no transaction may keep others from writing, and the attempt
    must have been counted before.
    """
    at = now()
    attempt = attempts.begin_attempt(db.session, form.username.data, request.remote_addr or "", at)
    db.session.commit()
    outcome = None
    if attempt.matches(form.password.data):
        outcome = attempts.succeed(db.session, attempt, form.password.data, _agent(), at)
    else:
        attempts.fail(db.session, attempt, at)
    db.session.commit()
    return outcome


def _enter(officer: Officer, token: str) -> None:
    """The browser is the officer's from here on; nothing of what its cookie held before is kept but the language."""
    _forget_all_but_language()
    login_user(SignedIn(token, officer))


def _forget_all_but_language() -> None:
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language


def _password_set(form: ChoosePasswordForm, officer: Officer, keep_session: int | None) -> bool:
    """Set it; if it is refused, the form says why."""
    who = actor() if current_user.is_authenticated else actions.actor_of(officer, request.remote_addr or "")
    try:
        actions.set_password(db.session, who, officer, form.password.data, now(), keep_session=keep_session)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return True


def _is_present_password(form: ChangePasswordForm) -> bool:
    right = passwords.matches(current_user.officer.password_hash, form.present.data)
    if not right:
        form.refuse(Invalid({"present": _("This is not your present password")}))
    return right


def _account(form: ChangePasswordForm) -> dict[str, object]:
    sessions = db.session.scalars(queries.live_sessions_of(current_user.officer.id, now())).all()
    return {"form": form, "ending": EndSessionForm(formdata=None), "sessions": sessions}


def _own_session(session_id: int) -> SignInSession:
    own = queries.live_sessions_of(current_user.officer.id, now()).where(SignInSession.id == session_id)
    found = db.session.scalar(own)
    if found is None:
        raise Hidden(_("There is no such session."))
    return found


def _agent() -> str:
    return request.user_agent.string


def _page(template: str, status: int, **context: object) -> Response:
    return make_response(render_template(template, **context), status)
