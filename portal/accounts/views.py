"""Signing in, in one step or two, and out; the first sign-in."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts import actions, attempts, entering, factors, links
from portal.accounts.devices import browser
from portal.accounts.factors import Way
from portal.accounts.forms import ChoosePasswordForm, CodeForm, SignInForm
from portal.accounts.models import Officer, SignInSession
from portal.accounts.throttle import TooManyFailures
from portal.clock import now
from portal.errors import Invalid
from portal.extensions import db
from portal.web.access import actor, arriving, public
from portal.web.forms import PortalForm
from portal.web.links import own_path

bp = Blueprint("accounts", __name__)
Form = TypeVar("Form", bound=PortalForm)


@bp.get("/sign-in")
@public
def sign_in() -> AnyResponse | str:
    form = SignInForm(next=request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(own_path(form.next.data))
    return _sign_in_page(form)


@bp.post("/sign-in")
@public
def submit_sign_in() -> AnyResponse:
    form = SignInForm()
    if not form.validate():
        return make_response(_sign_in_page(form), 422)
    try:
        officer = _whose_password(form)
    except TooManyFailures as refusal:
        return _too_many(form, _sign_in_page, refusal)
    if officer is None:
        form.form_errors.append(_("Username or password is wrong."))
        return make_response(_sign_in_page(form), 422)
    return _go_on(officer, Way.PASSWORD, form.next.data or "")


@bp.get("/sign-in/code")
@public
def code() -> AnyResponse | str:
    if entering.halfway(db.session, now()) is None:
        return _from_the_beginning()
    return _code_page(CodeForm(formdata=None))


@bp.post("/sign-in/code")
@public
def submit_code() -> AnyResponse:
    """The second step: a code of the authenticator, or a recovery code in its place."""
    form, half = CodeForm(), entering.halfway(db.session, now())
    if half is None:
        return _from_the_beginning()
    if not form.validate():
        return make_response(_code_page(form), 422)
    try:
        way = _what_code(form, half.officer)
    except TooManyFailures as refusal:
        return _too_many(form, _code_page, refusal)
    if way is None:
        form.code.errors = [_("This code is not good, or it was used already: wait for the next one.")]
        return make_response(_code_page(form), 422)
    return _enter(half.officer, way, half.target)


@bp.post("/sign-out")
@arriving
def sign_out() -> AnyResponse:
    here = db.session.get_one(SignInSession, current_user.session_id)
    actions.end_session(db.session, actor(), here, now())
    db.session.commit()
    logout_user()
    entering.forget_all_but_language()
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
    if not form.validate() or not _password_set(form, officer):
        return make_response(render_template("accounts/first_sign_in.html", form=form, officer=officer), 422)
    flash(_("Your password is set."), "success")
    return _go_on(officer, Way.LINK, "")


def _whose_password(form: SignInForm) -> Officer | None:
    """The officer, if name and password are right.

    Two commits, not one: hashing takes 0.2 s, in which no transaction may keep others from writing, and the attempt
    must have been counted before.
    """
    at = now()
    attempt = attempts.begin_attempt(db.session, form.username.data, browser(), at)
    db.session.commit()
    if attempt.matches(form.password.data):
        return attempts.password_right(db.session, attempt, form.password.data)
    attempts.fail(db.session, attempt, at)
    db.session.commit()
    return None


def _what_code(form: CodeForm, officer: Officer) -> Way | None:
    at = now()
    attempt = attempts.begin_code_attempt(db.session, officer, browser(), at)
    db.session.commit()
    way = attempts.code_right(db.session, attempt, form.code.data, at)
    db.session.commit()
    return way


def _go_on(officer: Officer, way: Way, target: str) -> AnyResponse:
    """To the second step, where the officer has a factor; else in."""
    if factors.confirmed(officer) is None:
        return _enter(officer, way, target)
    db.session.commit()
    entering.hold(officer, target, now())
    return redirect(url_for("accounts.code"))


def _enter(officer: Officer, way: Way, target: str) -> AnyResponse:
    token = entering.begin(db.session, officer, way, now())
    db.session.commit()
    entering.enter(officer, token)
    if way is Way.RECOVERY:
        left = factors.codes_left(db.session, officer.id)
        flash(_("That recovery code is used up; %(n)d are left. Make new ones in your account.", n=left), "warn")
    return redirect(own_path(target))


def _password_set(form: ChoosePasswordForm, officer: Officer) -> bool:
    """Set it; if it is refused, the form says why."""
    at = now()
    who = actions.actor_of(officer, request.remote_addr or "", at)
    try:
        actions.set_password(db.session, who, officer, form.password.data, at)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    return True


def _from_the_beginning() -> AnyResponse:
    flash(_("Sign in from the beginning: for the code there are five minutes."), "warn")
    return redirect(url_for("accounts.sign_in"))


def _too_many(form: Form, page: Callable[[Form], str], refusal: TooManyFailures) -> Response:
    form.form_errors.append(refusal.message)
    response = make_response(page(form), refusal.status)
    response.headers["Retry-After"] = str(int(refusal.wait.total_seconds()))
    return response


def _sign_in_page(form: SignInForm) -> str:
    oidc = current_app.extensions["settings"].oidc
    return render_template("accounts/sign_in.html", form=form, oidc=oidc)


def _code_page(form: CodeForm) -> str:
    return render_template("accounts/code.html", form=form)
