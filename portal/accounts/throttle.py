"""Guessing is slowed down without locking anybody out of his own account: failures are counted, then there is a wait.

Whose failures count together: of a browser in which the officer has signed in before, those of that browser alone, so
that whatever strangers do elsewhere, the owner comes in. Of any other: five for a username from one address, twenty for
a username from anywhere, sixty from one address whatever the usernames. An attempt is counted before it is looked at
(and forgotten when it was right), so that many at once are no way round.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_ngettext
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import SignInFailure
from portal.accounts.queries import failures_since
from portal.accounts.usernames import normal
from portal.errors import Refused

MOST = 5
MOST_OF_AN_ACCOUNT = 20
MOST_OF_AN_ADDRESS = 60
WINDOW = timedelta(minutes=15)


class TooManyFailures(Refused):
    """No attempt is looked at before `wait` has passed."""

    status = 429
    wait: timedelta

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


@dataclass(frozen=True)
class Counted:
    """One attempt: what was counted for it, and whose failures a success forgets."""

    rows: tuple[int, ...]
    own_key: str


def count_attempt(
    session: Session, username: str, address: str, at: datetime, device: str | None = None, what: str = ""
) -> Counted:
    """Count one attempt as failed until it is forgiven; raises TooManyFailures and then counts nothing.

    `device` is the browser's own number, if this officer has signed in there before; `what` is guessed, a password
    unless said otherwise: each thing is counted by itself.
    """
    limits = _limits(f"{what}{normal(username)}", f"{what}{address}", device)
    return Counted(_count(session, limits, at), next(iter(limits)))


def count_bad_token(session: Session, address: str, at: datetime) -> None:
    """Another system showed a token that is not good; slows nobody's sign-in. Raises TooManyFailures."""
    _count(session, {_key("token", address): MOST_OF_AN_ADDRESS}, at)


def forgive(session: Session, counted: Counted) -> None:
    """It was right: this attempt, and what this browser or address failed at before for this account, is forgotten."""
    mine = or_(SignInFailure.key == counted.own_key, SignInFailure.id.in_(counted.rows))
    session.execute(delete(SignInFailure).where(mine))


def _count(session: Session, limits: Mapping[str, int], at: datetime) -> tuple[int, ...]:
    """One failure under each key, unless one of them has had as many as it may; answers the rows."""
    _one_at_a_time(session, limits)
    for key, most in limits.items():
        failures, first = session.execute(failures_since(key, at - WINDOW)).one()
        if failures >= most:
            raise TooManyFailures(first + WINDOW - at)
    session.execute(delete(SignInFailure).where(SignInFailure.at <= at - WINDOW))
    rows = [SignInFailure(key=key, at=at) for key in limits]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def _limits(username: str, address: str, device: str | None) -> dict[str, int]:
    """Under which keys an attempt is counted, and how many each allows; the first is the attempt's own."""
    if device is not None:
        return {_key("device", device, username): MOST}
    return {
        _key("here", username, address): MOST,
        _key("account", username): MOST_OF_AN_ACCOUNT,
        _key("address", address): MOST_OF_AN_ADDRESS,
    }


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _one_at_a_time(session: Session, keys: Collection[str]) -> None:
    """In one order, so that no two wait for each other."""
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):
            session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))
