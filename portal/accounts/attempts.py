"""An attempt to sign in: counted, then looked at, then noted as failed or succeeded."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import passwords, queries, throttle
from portal.accounts.actions import actor_of, begin_session
from portal.accounts.models import Officer
from portal.audit.actions import record as audit
from portal.web.actor import Actor


@dataclass(frozen=True)
class Attempt:
    """What is needed to look at a password outside a transaction; nobody has no id and no hash."""

    username: str
    address: str
    officer_id: int | None
    password_hash: str | None

    def matches(self, password: str) -> bool:
        """Whether it is the officer's password; takes 0.2 s, as long for nobody."""
        return passwords.matches(self.password_hash, password)


def begin_attempt(session: Session, username: str, address: str, at: datetime) -> Attempt:
    """Count an attempt; commit that before the password is looked at. Raises TooManyFailures."""
    throttle.count_attempt(session, username, address, at)
    officer = session.scalar(queries.officer_named(username))
    if officer is None or not officer.active:
        return Attempt(username, address, None, None)
    return Attempt(username, address, officer.id, officer.password_hash)


def fail(session: Session, attempt: Attempt, at: datetime) -> None:
    """Note it in the audit log. A username that nobody has is not noted: people type their password there."""
    officer = session.get(Officer, attempt.officer_id) if attempt.officer_id else None
    if officer is None:
        audit(session, Actor(None, "?", address=attempt.address), "sign-in.failed", at=at)
    else:
        audit(session, actor_of(officer, attempt.address), "sign-in.failed", f"officer {officer.username}", at=at)


def succeed(session: Session, attempt: Attempt, password: str, agent: str, at: datetime) -> tuple[Officer, str]:
    """The password was right: the officer, and the token of the new session."""
    officer = session.get_one(Officer, attempt.officer_id)
    throttle.forgive(session, attempt.username, attempt.address)
    if passwords.outdated(officer.password_hash or ""):
        officer.password_hash = passwords.hashed(password)
    return officer, begin_session(session, officer, at, attempt.address, agent)
