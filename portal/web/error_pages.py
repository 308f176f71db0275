"""What goes wrong, told as a page that says what to do, or under /api/ as problem details."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from portal.cipher import Undecipherable
from portal.errors import Invalid, Refused, Text, seconds_up
from portal.extensions import db
from portal.web.headers import request_id
from portal.web.links import BadLink, Expired, Purpose
from portal.web.problems import problem


@dataclass(frozen=True)
class Fault:
    """What happened, what to do, and which fields are wrong."""

    status: int
    title: Text
    advice: Text
    fields: Mapping[str, Text] = field(default_factory=dict)


NOT_THERE = Fault(
    404,
    _("This page is not there"),
    _("It does not exist, or it is not for you to see. Check the address or the number, or look on your work list."),
)
STALE = Fault(
    409,
    _("Somebody else was quicker"),
    _("Somebody else changed this while you had it open. Go back, reload the page to see what changed, do it again."),
)
OUT_OF_DATE = Fault(
    400,
    _("This page was open too long"),
    _("For your safety the form was not sent. Go back, reload the page, and send it again."),
)
BROKEN = Fault(
    500,
    _("Something went wrong on our side"),
    _("What you sent may not be saved. Try again in a minute; if it fails again, tell the administrator this number."),
)
KNOWN = {
    400: Fault(400, _("The request could not be read"), _("Go back, reload the page, and try again.")),
    401: Fault(401, _("Please sign in"), _("Sign in, or give a valid token, then try again.")),
    403: Fault(
        403, _("Your role does not allow this"), _("If you need it for your work, ask the security administrator.")
    ),
    404: NOT_THERE,
    405: Fault(405, _("This cannot be done here"), _("Go back to the page you came from, and use its buttons.")),
    409: Fault(409, _("This cannot be done now"), _("Go back and reload the page: its state has changed.")),
    412: Fault(412, _("This has changed in the meantime"), _("Reload the page to see what changed, then do it again.")),
    413: Fault(
        413,
        _("This is too large"),
        _("Nothing was sent. Go back and send less at once: smaller files, or fewer of them in each message."),
    ),
    415: Fault(415, _("This kind of file is not taken"), _("Send it in one of the kinds that the page names.")),
    422: Fault(422, _("Something is not right yet"), _("Go back and correct what is named below.")),
    429: Fault(429, _("Too many requests"), _("Wait a minute, then try again.")),
    500: BROKEN,
}
SEALED = Fault(
    500,
    _("This cannot be read here"),
    _("The key of this server does not open it. Nothing is lost: tell the system administrator this number."),
)
LINK_LOST = Fault(
    404,
    _("This link is not complete"),
    _("Perhaps a part of it was lost in copying: open it from the mail again."),
)
LINK_EXPIRED = {
    Purpose.FIRST_SIGN_IN: Fault(
        410,
        _("This link can no longer be used"),
        _(
            "A sign-in link is good once, and for seven days. If you have chosen a password already, sign in with it; "
            "if not, ask the system administrator for a new link."
        ),
    ),
    Purpose.ON_IT: Fault(
        410,
        _("This link can no longer be used"),
        _("Sign in and open the ticket: what can still be done with it is said there."),
    ),
}
LINK_TOO_OLD = Fault(
    410,
    _("This link can no longer be used"),
    _("It was used already, or it is too old. Use the one in the newest mail, or ask the steward of the directory."),
)
LAST_WORDS = "系统出错，请稍后重试。Something went wrong on our side. Try again in a minute."


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InternalServerError, _broken)
    app.register_error_handler(CSRFError, _out_of_date)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(BadLink, _bad_link)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(Undecipherable, _sealed)


def _http_error(error: HTTPException) -> AnyResponse | HTTPException:
    """Any other error that has a status; redirects, and answers made by a view, go out as they are."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    response = told(_known(error.code))
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def _out_of_date(_error: CSRFError) -> Response:
    return told(OUT_OF_DATE)


def _stale(_error: StaleDataError) -> Response:
    db.session.rollback()
    return told(STALE)


def _sealed(error: Undecipherable) -> Response:
    """Under another key than ours: what another server, or a restored backup, has."""
    db.session.rollback()
    current_app.logger.error("request %s: %s: is PORTAL_DATA_KEY the right one?", request_id(), error)
    return told(SEALED)


def _refused(refusal: Refused) -> Response:
    """What an action refused; what is hidden is told like what does not exist."""
    db.session.rollback()
    if refusal.status == NOT_THERE.status:
        return told(NOT_THERE)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    response = told(Fault(refusal.status, _known(refusal.status).title, refusal.message, fields))
    if refusal.wait is not None:
        response.headers["Retry-After"] = str(seconds_up(refusal.wait))
    return response


def _bad_link(fault: BadLink) -> Response:
    """410 for a link that was good once, 404 for one that never was."""
    db.session.rollback()
    expired = isinstance(fault, Expired)
    return told(LINK_EXPIRED.get(fault.purpose, LINK_TOO_OLD) if expired else LINK_LOST)


def _broken(_error: InternalServerError) -> Response:
    """Even the page about it may fail (it asks who is signed in): then a line in both languages."""
    try:
        db.session.rollback()
        return told(BROKEN)
    except Exception:  # a second fault must not hide the first
        current_app.logger.exception("the error page failed too, request %s", request_id())
        return Response(f"{LAST_WORDS} ({request_id()})", 500, content_type="text/plain; charset=utf-8")


def _known(status: int) -> Fault:
    return KNOWN.get(status) or Fault(status, HTTPStatus(status).phrase, _("Go back and try again."))


def told(fault: Fault, template: str = "errors/error.html", **others: Any) -> Response:
    """As a page, or as problem details where another system asked."""
    if request.path.startswith("/api/"):
        return problem(fault.status, fault.advice, fault.fields)
    return make_response(render_template(template, fault=fault, request_id=request_id(), **others), fault.status)
