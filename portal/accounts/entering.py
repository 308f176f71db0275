"""What a browser goes through to be an officer's: a first step, a second one where there is a factor, a session."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import current_app, request, session
from flask_login import login_user
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.actions import begin_session
from portal.accounts.devices import remember
from portal.accounts.factors import Way
from portal.accounts.links import fingerprint
from portal.accounts.models import Officer
from portal.accounts.prepared import reader_of
from portal.accounts.signing_in import SignedIn
from portal.clock import now
from portal.config import Settings

SECOND_STEP = "second step"
STEP_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Halfway:
    """An officer whose first step was right, and where the page wanted to go."""

    officer: Officer
    target: str


def begin(db_session: Session, officer: Officer, way: Way, at: datetime) -> str:
    """A session for the officer; the caller commits, and then enters with the token that is answered."""
    settings = cast(Settings, current_app.extensions["settings"])
    address, agent = request.remote_addr or "", request.user_agent.string
    return begin_session(db_session, officer, at, address, agent, way=way, lasts=settings.session.absolute)


def enter(officer: Officer, token: str) -> None:
    """The browser is the officer's from here on; nothing of what its cookie held before is kept but the language."""
    forget_all_but_language()
    login_user(SignedIn(token, reader_of(officer, now())))
    remember(officer)


def hold(officer: Officer, target: str, at: datetime) -> None:
    """The first step was right; the second has five minutes, and is void once the password changes."""
    forget_all_but_language()
    session[SECOND_STEP] = [officer.id, fingerprint(officer), int(at.timestamp()), target]


def halfway(db_session: Session, at: datetime) -> Halfway | None:
    """Who is between the two steps in this browser; None if nobody, or it took too long."""
    officer_id, mark, begun, target = session.get(SECOND_STEP) or (None, "", 0, "")
    if officer_id is None or at - datetime.fromtimestamp(begun, UTC) > STEP_LASTS:
        return None
    officer = db_session.scalar(queries.officer_whole(officer_id))
    return Halfway(officer, target) if officer and fingerprint(officer) == mark else None


def forget_all_but_language() -> None:
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
