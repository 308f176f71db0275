"""That it is still the officer who sits there: a password or a code, given once more."""

from datetime import datetime

from flask_login import current_user
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts import attempts, throttle
from portal.accounts.attempts import Attempt, Browser
from portal.accounts.factors import confirmed
from portal.accounts.models import Officer, SignInSession
from portal.accounts.totp import is_code


def given(session: Session, officer: Officer, typed: str, browser: Browser, at: datetime) -> bool:
    """Whether it is the officer's password, or a code that is good now; noted with the session, or as a failure.

    Commits twice, as signing in does: the attempt must have been counted before the slow look at the password, in which
    no transaction may keep others from writing. Raises TooManyFailures.
    """
    code = is_code(typed) and confirmed(officer) is not None
    begin = attempts.begin_code_attempt if code else _begin_password_attempt
    attempt = begin(session, officer, browser, at)
    session.commit()
    right = bool(attempts.code_right(session, attempt, typed, at)) if code else _matches(session, attempt, typed, at)
    if right:
        mine = SignInSession.id == current_user.session_id
        session.execute(update(SignInSession).where(mine).values(proved_at=at))
        current_user.proved_at = at
    session.commit()
    return right


def _begin_password_attempt(session: Session, officer: Officer, browser: Browser, at: datetime) -> Attempt:
    return attempts.begin_attempt(session, officer.username, browser, at)


def _matches(session: Session, attempt: Attempt, typed: str, at: datetime) -> bool:
    if not attempt.matches(typed):
        attempts.fail(session, attempt, at, "again")
        return False
    throttle.forgive(session, attempt.counted)
    return True
