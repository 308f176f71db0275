"""The database does not answer, or cannot write: that is said, and what was typed stays on the page."""

import logging
from contextlib import suppress

from flask import Flask, Response, g, request
from flask_babel import lazy_gettext as _
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from portal.extensions import db, login
from portal.web.error_pages import Fault, told
from portal.web.headers import request_id

OUTAGE = (OperationalError, InterfaceError, NoConnectionFree)
"What SQLAlchemy says of a server that is gone, a disk that is full, or a lock that nobody gives back."
TRY_AGAIN = 10
"Seconds: as long as a database takes to come back."
SECRET = ("password", "code", "secret")
"Parts of the names of fields that no page ever repeats."

READING = Fault(
    503,
    _("The portal cannot be reached just now"),
    _("Its database does not answer. Nothing is lost: try again in a minute."),
)
WRITING = Fault(
    503,
    _("This could not be saved"),
    _("The database does not answer. Go back, and send it again in a minute; look first whether it is there already."),
)
KEPT = Fault(
    503,
    _("This could not be saved"),
    _("The database does not answer. What you typed is kept on this page: send it again in a minute."),
)

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    for error in OUTAGE:
        app.register_error_handler(error, _unavailable)


def words_of(error: BaseException) -> str:
    """The first line of what the database said, without the statement and its values."""
    said = getattr(error, "orig", None) or error
    return f"{type(said).__name__}: {str(said).partition(chr(10))[0]}"


def _unavailable(error: SQLAlchemyError) -> Response:
    log.error("503 for %s, request %s: %s", request.endpoint, request_id(), words_of(error))
    with suppress(SQLAlchemyError):
        db.session.invalidate()
    g._login_user = login.anonymous_user()  # who is signed in would have to be asked of the database
    response = _page()
    response.headers["Retry-After"] = str(TRY_AGAIN)
    return response


def _page() -> Response:
    if request.method != "POST":
        return told(READING, "errors/outage.html", kept=())
    kept = _typed()
    return told(KEPT if kept else WRITING, "errors/outage.html", kept=kept)


def _typed() -> list[tuple[str, str]]:
    """The fields of the form; none where one is a secret, or where files were chosen, which a page cannot keep."""
    fields = list(request.form.items(multi=True))
    secret = any(part in name for name, _value in fields for part in SECRET)
    return [] if secret or any(file.filename for file in request.files.values()) else fields
