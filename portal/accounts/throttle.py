"""Guessing passwords is slowed down: five failures in a quarter of an hour, then a wait.

Counted for a username from one address, so that nobody can lock an officer out from elsewhere. An attempt is counted
before its password is looked at (and forgotten when it was right), so that many at once are no way round.
"""

import hashlib
from datetime import datetime, timedelta

from flask_babel import lazy_ngettext
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import SignInFailure
from portal.accounts.queries import failures_since
from portal.accounts.usernames import normal
from portal.errors import Refused

MOST = 5
WINDOW = timedelta(minutes=15)


class TooManyFailures(Refused):
    """No attempt is looked at before `wait` has passed."""

    status = 429

    def __init__(self, wait: timedelta) -> None:
        minutes = max(1, -int(-wait.total_seconds() // 60))
        super().__init__(
            lazy_ngettext(
                "Too many failed attempts. Wait %(num)s minute, then try again.",
                "Too many failed attempts. Wait %(num)s minutes, then try again.",
                minutes,
            )
        )
        self.wait = wait


def count_attempt(session: Session, username: str, address: str, at: datetime) -> None:
    """Count one attempt as failed until it is forgiven; raises TooManyFailures and then counts nothing."""
    key = _key(username, address)
    _one_at_a_time(session, key)
    failures, first = session.execute(failures_since(key, at - WINDOW)).one()
    if failures >= MOST:
        raise TooManyFailures(first + WINDOW - at)
    session.execute(delete(SignInFailure).where(SignInFailure.at <= at - WINDOW))
    session.add(SignInFailure(key=key, at=at))


def forgive(session: Session, username: str, address: str) -> None:
    """The password was right: what was counted is forgotten."""
    session.execute(delete(SignInFailure).where(SignInFailure.key == _key(username, address)))


def _key(username: str, address: str) -> str:
    return hashlib.sha256(f"{normal(username)}\n{address}".encode()).hexdigest()


def _one_at_a_time(session: Session, key: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))
