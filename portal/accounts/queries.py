"""Selects over officers, their sessions, and the tokens of units."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.accounts.models import ApiToken, Officer, SignInFailure, SignInSession
from portal.accounts.usernames import normal

IDLE = timedelta(minutes=30)
"A session ends when nobody used it for so long, unless the setting says otherwise."


WHOLE = (selectinload(Officer.grants), joinedload(Officer.unit), joinedload(Officer.factor))
"What an account is made of."


def hash_of(token: str) -> str:
    """What is kept of a random token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def officer_named(username: str) -> Select[Officer]:
    """The officer with this username, however it was typed."""
    return select(Officer).where(Officer.username == normal(username))


def officer_whole(officer_id: int) -> Select[Officer]:
    """An active officer with what each page asks for: roles, unit, the unit above it."""
    return select(Officer).where(Officer.id == officer_id, Officer.active).options(*WHOLE)


def officer_to_change(officer_id: int) -> Select[Officer]:
    """An active officer, kept from others until the end of the transaction."""
    return select(Officer).where(Officer.id == officer_id, Officer.active).with_for_update()


def live_sessions_of(officer_id: int, at: datetime, idle: timedelta = IDLE) -> Select[SignInSession]:
    """Where an officer is signed in, latest use first."""
    own = select(SignInSession).where(SignInSession.officer_id == officer_id, *is_live(at, idle))
    return own.order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())


def token_like(plaintext: str) -> Select[ApiToken]:
    """The token, whether it is still good or not."""
    return select(ApiToken).options(joinedload(ApiToken.unit)).where(ApiToken.token_hash == hash_of(plaintext))


def failures_since(key: str, since: datetime) -> Select[*tuple[Any, ...]]:
    """How many failures, and when the first of them was."""
    return select(func.count(), func.min(SignInFailure.at)).where(SignInFailure.key == key, SignInFailure.at > since)


def is_live(
    at: datetime, idle: timedelta = IDLE, *, since: datetime | None = None
) -> tuple[ColumnElement[bool], ...]:
    """That a session has not ended: not by hand, not by its age, not for want of use (`since`: at - idle)."""
    used = SignInSession.seen_at > (at - idle if since is None else since)
    return (SignInSession.ended_at.is_(None), SignInSession.expires_at > at, used)
