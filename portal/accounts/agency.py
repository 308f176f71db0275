"""Signing in by the agency's own sign-in, where one is set up: to the provider, and back with who it is."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.accounts import entering, factors, oidc
from portal.accounts.factors import Way
from portal.accounts.models import Officer
from portal.accounts.oidc import Question, Untrusted
from portal.accounts.queries import officer_named
from portal.audit.actions import record as audit
from portal.clock import now
from portal.config import Settings
from portal.extensions import db
from portal.postgresql import whole
from portal.web.access import public
from portal.web.actor import Actor
from portal.web.links import own_path

bp = Blueprint("agency", __name__, url_prefix="/sign-in/agency")
log = logging.getLogger(__name__)
ASKED = "agency"


@bp.get("")
@public
def ask() -> Response:
    """To the provider; what it is asked is known by its answer, once."""
    settings = _settings()
    if not settings.oidc.on:
        return _back(_("No sign-in of an agency is set up here."))
    question = oidc.new_question()
    try:
        address = oidc.address_of(settings.oidc, question, _return_url(settings))
    except Untrusted as fault:
        return _untrusted(fault)
    session[ASKED] = [question.state, question.nonce, question.verifier, request.args.get("next", "")]
    return redirect(address)


@bp.get("/return")
@public
def come_back() -> Response:
    """From the provider, with a code that is worth an id token."""
    settings = _settings()
    state, nonce, verifier, target = session.pop(ASKED, None) or ("", "", "", "")
    code = request.args.get("code", "")
    if not settings.oidc.on or not state or request.args.get("state") != state or not code:
        return _failed(_("That did not work, or took too long. Try again."))
    try:
        claims = oidc.claims_of(settings.oidc, Question(state, nonce, verifier), code, _return_url(settings), now())
    except Untrusted as fault:
        return _untrusted(fault)
    officer = _officer(settings, claims)
    if officer is None:
        return _failed(_("You are known there, but have no account here. Ask the system administrator for one."))
    return _go_on(officer, target)


def _go_on(officer: Officer, target: str) -> Response:
    """To the second step where there is one, else in: an agency's word stands for the password, for nothing more."""
    if factors.confirmed(officer) is not None:
        entering.hold(officer, target, now())
        return redirect(url_for("accounts.code"))
    token = entering.begin(whole(db.session, writes=True), officer, Way.AGENCY, now())
    db.session.commit()
    entering.enter(officer, token)
    return redirect(own_path(target))


def _officer(settings: Settings, claims: Mapping[str, Any]) -> Officer | None:
    """The account in use whose username is the claim; none is ever made."""
    username = claims.get(settings.oidc.claim)
    if not isinstance(username, str) or not username.strip():
        return None
    return db.session.scalar(officer_named(username).where(Officer.active))


def _untrusted(fault: Untrusted) -> Response:
    log.error("the agency's sign-in: %s", fault)
    return _failed(_("The agency's sign-in does not answer as it should. Use your password, or try again later."))


def _failed(words: str) -> Response:
    nobody = Actor(None, "?", address=request.remote_addr or "")
    audit(whole(db.session, writes=True), nobody, "sign-in.failed", at=now(), step="agency")
    db.session.commit()
    return _back(words)


def _back(words: str) -> Response:
    flash(words, "warn")
    return redirect(url_for("accounts.sign_in"))


def _return_url(settings: Settings) -> str:
    return f"{settings.base_url}{url_for('agency.come_back')}"


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
