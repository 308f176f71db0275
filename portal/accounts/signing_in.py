"""Who is signed in, as Flask-Login asks for it with each request.

A session ends without use after half an hour and after twelve hours in any case (settings), or when it is ended: its
row is looked up with each request.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, cast

from flask import current_app, request, url_for
from flask_login import UserMixin
from sqlalchemy.orm import Session

from directory.edition import seen
from portal.accounts import queries
from portal.accounts.models import Officer
from portal.accounts.noting import MINUTE, note_session, read_apart
from portal.accounts.prepared import Reader, opened, reader_of, session_of
from portal.clock import now
from portal.config import Settings
from portal.extensions import db
from portal.postgresql import SAFE
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
        self, token: str, reader: Reader, session_id: int | None = None, proved_at: datetime | None = None
    ) -> None:
        self._token = token
        self.reader = reader
        self.session_id = session_id
        self.proved_at = proved_at
        self._actor: Actor | None = None

    def get_id(self) -> str:
        """What the cookie holds."""
        return self._token

    @cached_property
    def officer(self) -> Officer:
        """The account itself, for who changes it: a page needs the reader alone."""
        return db.session.get_one(Officer, self.reader.officer_id, options=queries.WHOLE)

    @property
    def language(self) -> str:
        return self.reader.language

    @property
    def proved_lately(self) -> bool:
        """Whether a password or a code was given a short while ago."""
        return self.proved_at is not None and now() - self.proved_at < PROOF_LASTS

    @property
    def led_to(self) -> str | None:
        """Where the officer has to go first: to set up the second factor that a role asks for."""
        must_enrol = not self.reader.has_factor and asks_for_factor(self.reader)
        return url_for("factor.show") if must_enrol else None

    def actor(self, address: Callable[[], str]) -> Actor:
        """The reader as rules, actions and queries take who acts; asked many times in a request."""
        if self._actor is None:
            reader = self.reader
            self._actor = Actor(
                reader.unit.code, reader.name, reader.roles, officer_id=reader.officer_id, address=address()
            )
        return self._actor


def asks_for_factor(reader: Reader) -> bool:
    """Whether a role that counts asks for a second factor.

    The accounts that came with the demonstration province are easy to try, as long as they are at its invented units.
    """
    return not reader.exempt and bool(NEEDS_SECOND_FACTOR & reader.roles)


def needs_factor(officer: Officer, at: datetime) -> bool:
    """The same of any officer."""
    return asks_for_factor(reader_of(officer, at))


def idle_limit() -> timedelta:
    """How long a session lasts without use."""
    return cast(Settings, current_app.extensions["settings"]).session.idle


def load_signed_in(token: str) -> SignedIn | None:
    """Who opened the session that the token belongs to; None if it, or the account, has ended."""
    at = now()
    session = db.session if request.method in SAFE else None
    found = opened(_rows(session, token, at), at)
    if found is None:
        return None
    if session is not None:
        seen(session, found.edition)
    if at - found.seen_at >= MINUTE and not _is_background():
        note_session(db.engine, found.session_id, at)
    return SignedIn(token, found.reader, found.session_id, found.proved_at)


def _rows(session: Session | None, token: str, at: datetime) -> Sequence[Any]:
    """Asked of that session, or else apart, before the transaction of what is to be written begins."""
    statement, values = session_of(token, at, idle_limit())
    if session is None:
        return read_apart(db.engine, statement, values)
    return session.connection().execute(statement, values).all()


def _is_background() -> bool:
    """Whether the page asks by itself, and nobody need be at the desk."""
    return BACKGROUND in request.headers or is_polled(current_app.view_functions.get(request.endpoint or ""))
