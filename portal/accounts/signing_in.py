"""Who is signed in, as Flask-Login asks for it with each request.

A session ends after an hour without use and after twelve in any case (`queries.IDLE`, `actions.ABSOLUTE`), or when
it is ended: its row is looked up with each request.
"""

from flask import request
from flask_login import UserMixin

from portal.accounts import queries
from portal.accounts.actions import actor_of
from portal.accounts.models import Officer
from portal.accounts.noting import MINUTE, note_session, read_apart
from portal.clock import now
from portal.extensions import db
from portal.web.actor import Actor

BACKGROUND = "X-Background"
"Header of a request that a page makes by itself: it does not show that somebody is at the desk."


class SignedIn(UserMixin):
    """An officer in a session."""

    def __init__(self, token: str, officer: Officer, session_id: int | None = None) -> None:
        self._token = token
        self.officer = officer
        self.session_id = session_id

    def get_id(self) -> str:
        """What the cookie holds."""
        return self._token

    @property
    def name(self) -> str:
        return self.officer.name

    @property
    def unit_name(self) -> str:
        return self.officer.unit.name

    @property
    def language(self) -> str:
        return self.officer.language

    def actor(self, address: str) -> Actor:
        return actor_of(self.officer, address)


def load_signed_in(token: str) -> SignedIn | None:
    """Who opened the session that the token belongs to; None if it has ended."""
    at = now()
    found = read_apart(db.engine, queries.live_session(token, at))
    if found is None:
        return None
    session_id, officer_id, seen_at = found
    if at - seen_at >= MINUTE and BACKGROUND not in request.headers:
        note_session(db.engine, session_id, at)
    officer = db.session.scalar(queries.officer_whole(officer_id))
    return SignedIn(token, officer, session_id) if officer else None
