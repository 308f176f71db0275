"""The browsers in which an officer has signed in before: known by a cookie; strangers' failures do not count there.

The cookie opens nothing. It holds a number and who has signed in there, signed; it lasts for half a year.
"""

import secrets
from datetime import timedelta
from typing import cast

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.accounts.attempts import Browser
from portal.accounts.models import Officer
from portal.config import Settings

KEPT_FOR = timedelta(days=180)
MOST = 20
"Officers who share a desk; of more the ones who came last."


def browser() -> Browser:
    """From where this request comes."""
    number, officers = _read()
    return Browser(request.remote_addr or "", number, frozenset(officers))


def remember(officer: Officer) -> None:
    """The officer has signed in here: the answer to this request says so to the browser."""
    number, officers = _read()
    known = [officer.id, *(each for each in officers if each != officer.id)][:MOST]
    value = _serializer().dumps([number or secrets.token_urlsafe(12), known])

    @after_this_request
    def _give(response: Response) -> Response:
        response.set_cookie(
            _name(), value, max_age=KEPT_FOR, secure=_secure(), httponly=True, samesite="Lax", path="/"
        )
        return response


def _read() -> tuple[str | None, list[int]]:
    given = request.cookies.get(_name(), "")
    try:
        number, officers = _serializer().loads(given, max_age=int(KEPT_FOR.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None, []
    return number, officers


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="duijie browser")


def _name() -> str:
    return "__Host-duijie-browser" if _secure() else "duijie-browser"


def _secure() -> bool:
    return cast(Settings, current_app.extensions["settings"]).base_url.startswith("https://")
