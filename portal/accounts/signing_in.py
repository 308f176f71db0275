"""Who is signed in, as Flask-Login asks for it with each request.

A session ends without use after half an hour and after twelve hours in any case (settings), or when it is ended: its
row is looked up with each request.
"""

from datetime import datetime, timedelta
from typing import cast

from flask import current_app, request, url_for
from flask_login import UserMixin

from directory.working_time import CHINA
from portal.accounts import queries
from portal.accounts.actions import actor_of
from portal.accounts.factors import confirmed
from portal.accounts.models import Officer
from portal.accounts.noting import MINUTE, note_session, read_apart
from portal.clock import now
from portal.config import Settings
from portal.extensions import db
from portal.web.access import is_polled
from portal.web.actor import Actor
from portal.web.permissions import NEEDS_SECOND_FACTOR

BACKGROUND = "X-Background"
"Header of a request that a page makes by itself: it does not show that somebody is at the desk."

PROOF_LASTS = timedelta(minutes=10)
"So long after a password or a code nothing sensitive asks for it again."


class SignedIn(UserMixin):
    """An officer in a session."""

    def __init__(
        self, token: str, officer: Officer, session_id: int | None = None, proved_at: datetime | None = None
    ) -> None:
        self._token = token
        self.officer = officer
        self.session_id = session_id
        self.proved_at = proved_at

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

    @property
    def proved_lately(self) -> bool:
        """Whether a password or a code was given a short while ago."""
        return self.proved_at is not None and now() - self.proved_at < PROOF_LASTS

    @property
    def led_to(self) -> str | None:
        """Where the officer has to go first: to set up the second factor that a role asks for."""
        return url_for("factor.show") if must_enrol(self.officer, now()) else None

    def actor(self, address: str) -> Actor:
        return actor_of(self.officer, address, now())


def needs_factor(officer: Officer, at: datetime) -> bool:
    """Whether a role that counts asks for a second factor.

    The accounts that came with the demonstration province are easy to try, as long as they are at its invented units.
    """
    if officer.demonstration and officer.unit.invented:
        return False
    return bool(NEEDS_SECOND_FACTOR & officer.roles_on(at.astimezone(CHINA).date()))


def must_enrol(officer: Officer, at: datetime) -> bool:
    """Whether one is asked for and there is none."""
    return needs_factor(officer, at) and confirmed(officer) is None


def idle_limit() -> timedelta:
    """How long a session lasts without use."""
    return cast(Settings, current_app.extensions["settings"]).session.idle


def load_signed_in(token: str) -> SignedIn | None:
    """Who opened the session that the token belongs to; None if it has ended."""
    at = now()
    found = read_apart(db.engine, queries.live_session(token, at, idle_limit()))
    if found is None:
        return None
    session_id, officer_id, seen_at, proved_at = found
    if at - seen_at >= MINUTE and not _is_background():
        note_session(db.engine, session_id, at)
    officer = db.session.scalar(queries.officer_whole(officer_id))
    return SignedIn(token, officer, session_id, proved_at) if officer else None


def _is_background() -> bool:
    """Whether the page asks by itself, and nobody need be at the desk."""
    return BACKGROUND in request.headers or is_polled(current_app.view_functions.get(request.endpoint or ""))
