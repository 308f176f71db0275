"""An attempt to sign in: counted, then looked at, then noted as failed or succeeded; in one step or two."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import passwords, queries, throttle
from portal.accounts.actions import actor_of
from portal.accounts.factors import Way, verify
from portal.accounts.models import Officer
from portal.accounts.throttle import Counted
from portal.audit.actions import record as audit
from portal.web.actor import Actor

CODE = "code of "
"What the second step guesses, told apart from passwords where failures are counted."


@dataclass(frozen=True)
class Attempt:
    """What is needed to look at a password outside a transaction; nobody has no id and no hash."""

    address: str
    counted: Counted
    officer_id: int | None
    password_hash: str | None

    def matches(self, password: str) -> bool:
        """Whether it is the officer's password; takes 0.2 s, as long for nobody."""
        return passwords.matches(self.password_hash, password)


@dataclass(frozen=True)
class Browser:
    """From where somebody signs in: the address, and the browser's number with those who have signed in there."""

    address: str
    number: str | None = None
    officers: frozenset[int] = frozenset()

    def known_to(self, officer: Officer | None) -> str | None:
        """Its number, if the officer has signed in there before."""
        return self.number if officer is not None and officer.id in self.officers else None


def begin_attempt(session: Session, username: str, browser: Browser, at: datetime) -> Attempt:
    """Count an attempt; commit that before the password is looked at. Raises TooManyFailures."""
    officer = session.scalar(queries.officer_named(username))
    counted = throttle.count_attempt(session, username, browser.address, at, browser.known_to(officer))
    if officer is None or not officer.active:
        return Attempt(browser.address, counted, None, None)
    return Attempt(browser.address, counted, officer.id, officer.password_hash)


def begin_code_attempt(session: Session, officer: Officer, browser: Browser, at: datetime) -> Attempt:
    """The same for the second step."""
    counted = throttle.count_attempt(
        session, officer.username, browser.address, at, browser.known_to(officer), what=CODE
    )
    return Attempt(browser.address, counted, officer.id, officer.password_hash)


def fail(session: Session, attempt: Attempt, at: datetime, step: str = "password") -> None:
    """Note it in the audit log. A username that nobody has is not noted: people type their password there."""
    officer = session.get(Officer, attempt.officer_id) if attempt.officer_id else None
    if officer is None:
        audit(session, Actor(None, "?", address=attempt.address), "sign-in.failed", at=at)
    else:
        who = actor_of(officer, attempt.address, at)
        audit(session, who, "sign-in.failed", f"officer {officer.username}", at=at, step=step)


def password_right(session: Session, attempt: Attempt, password: str) -> Officer:
    """Whose password it was; hashed anew where it was hashed with other parameters than today's."""
    officer = session.get_one(Officer, attempt.officer_id)
    throttle.forgive(session, attempt.counted)
    if passwords.outdated(officer.password_hash or ""):
        officer.password_hash = passwords.hashed(password)
    return officer


def code_right(session: Session, attempt: Attempt, typed: str, at: datetime) -> Way | None:
    """What it was that was typed in the second step, used up now; None, and noted, if it was not right."""
    officer = session.get_one(Officer, attempt.officer_id)
    way = verify(session, officer, typed, at)
    if way is None:
        fail(session, attempt, at, "code")
    else:
        throttle.forgive(session, attempt.counted)
        if way is Way.RECOVERY:
            who = actor_of(officer, attempt.address, at)
            audit(session, who, "recovery-code.use", f"officer {officer.username}", at=at)
    return way
