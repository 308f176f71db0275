"""Accounts are made, signed in and out; tokens are given to other systems."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.models import Unit
from directory.working_time import CHINA
from portal.accounts import passwords, queries, usernames
from portal.accounts.models import ApiToken, Officer, RoleGrant, SignInSession
from portal.audit.actions import record as audit
from portal.errors import Invalid, Text
from portal.web.actor import Actor
from portal.web.permissions import SCOPES, Permission, Role, conflicts

ABSOLUTE = timedelta(hours=12)
"A session ends after a working day, however busy it was."

LONGEST_NAME = 60

_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,180}")

THREE_PEOPLE = _("System administrator, security administrator and auditor are three people.")

LONGEST_TOKEN = timedelta(days=731)
"Two years: somebody looks at it now and then."

TOKEN_PREFIX = "dj_"  # noqa: S105  by which a leaked token is recognised, not a secret

WEAKNESSES: dict[passwords.Weakness, Text] = {
    passwords.Weakness.SHORT: _("Choose at least %(number)d characters.", number=passwords.SHORTEST),
    passwords.Weakness.LONG: _("Choose at most %(number)d characters.", number=passwords.LONGEST),
    passwords.Weakness.CONTAINS_USERNAME: _("The password must not contain the username."),
    passwords.Weakness.GUESSABLE: _("This is one of the passwords that are tried first: choose words of your own."),
}


def add_officer(
    session: Session,
    actor: Actor,
    name: str,
    unit_code: str,
    roles: Iterable[Role],
    *,
    username: str | None = None,
    email: str | None = None,
    at: datetime,
    roles_follow: bool = False,
) -> Officer:
    """A new account, without a password: its owner chooses one behind the link of the first sign-in.

    With `roles_follow` it may have none yet: the security administrator grants them.
    """
    held = frozenset(roles)
    _check_roles(held, may_follow=roles_follow)
    unit = open_unit(session, unit_code, at)
    officer = Officer(
        username=_free_username(session, username, name, unit_code),
        name=given_name(name),
        unit=unit,
        email=check_email(email),
        created_at=at,
        grants=[RoleGrant(role=role, granted_at=at, granted_by=actor.name) for role in sorted(held)],
    )
    _add_unless_taken(session, officer)
    audit(session, actor, "officer.add", object_of(officer), at=at, unit=unit_code, roles=sorted(held))
    return officer


def set_password(
    session: Session, actor: Actor, officer: Officer, password: str, at: datetime, *, keep_session: int | None = None
) -> None:
    """A new password; the officer's sessions end, except `keep_session`."""
    if weakness := passwords.weakness(password, officer.username):
        raise Invalid({"password": WEAKNESSES[weakness]})
    officer.password_hash = passwords.hashed(password)
    audit(session, actor, "officer.password", object_of(officer), at=at)
    end_all_sessions(session, actor, officer, at, but=keep_session)


def begin_session(
    session: Session,
    officer: Officer,
    at: datetime,
    address: str,
    agent: str,
    *,
    way: str = "password",
    lasts: timedelta = ABSOLUTE,
) -> str:
    """Sign the officer in, `way` telling by what; answers the random token, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=queries.hash_of(token),
            officer_id=officer.id,
            created_at=at,
            seen_at=at,
            expires_at=at + lasts,
            proved_at=at,
            way=way,
            address=address[:45],
            agent=agent[:200],
        )
    )
    audit(session, actor_of(officer, address, at), "sign-in.succeeded", object_of(officer), at=at, way=way)
    return token


def end_session(session: Session, actor: Actor, signed_in: SignInSession, at: datetime) -> None:
    """Sign out there; a session that has ended stays ended."""
    if signed_in.ended_at is None:
        signed_in.ended_at = at
        audit(session, actor, "session.end", f"officer {signed_in.officer.username}", at=at, session_id=signed_in.id)


def end_all_sessions(session: Session, actor: Actor, officer: Officer, at: datetime, but: int | None = None) -> int:
    """Sign the officer out everywhere, except from the session with the id `but`; answers of how many."""
    live = session.scalars(queries.live_sessions_of(officer.id, at)).all()
    others = [signed_in.id for signed_in in live if signed_in.id != but]
    if others:
        session.execute(update(SignInSession).where(SignInSession.id.in_(others)).values(ended_at=at))
        audit(session, actor, "session.end-all", object_of(officer), at=at, sessions=len(others))
    return len(others)


def add_token(
    session: Session,
    actor: Actor,
    unit_code: str,
    label: str,
    at: datetime,
    *,
    scopes: Iterable[Permission] = SCOPES,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A token for another system of the unit, and its plaintext (`dj_…`), which is shown this once."""
    granted = sorted(set(scopes))
    if not granted or not SCOPES.keys() >= set(granted):
        raise Invalid({"scopes": _("Choose what the system may do.")})
    if expires_at is not None and not at < expires_at <= at + LONGEST_TOKEN:
        raise Invalid({"last_day": _("Choose a day from today on, within two years.")})
    plaintext = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        unit=open_unit(session, unit_code, at),
        label=label[:100],
        token_hash=queries.hash_of(plaintext),
        scopes=" ".join(granted),
        created_at=at,
        created_by=actor.name,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    audit(session, actor, "token.add", f"token {token.id}", at=at, unit=unit_code, label=token.label, scopes=granted,
          expires_at=expires_at and expires_at.isoformat())  # fmt: skip
    return token, plaintext


def move_accounts(session: Session, actor: Actor, closed: str, successor: str, at: datetime) -> tuple[int, int]:
    """The officers and the tokens of a unit that was merged into another are that one's now; how many of each."""
    moved = []
    for kind in (Officer, ApiToken):
        statement = update(kind).where(kind.unit_code == closed).values(unit_code=successor).returning(kind.id)
        moved.append(len(session.execute(statement.execution_options(synchronize_session="fetch")).all()))
    officers, tokens = moved
    counts = {"officers": officers, "tokens": tokens}
    audit(session, actor, "unit.accounts-moved", f"unit {closed}", at=at, to=successor, **counts)
    return officers, tokens


def revoke_token(session: Session, actor: Actor, token: ApiToken, at: datetime, why: str = "") -> None:
    """The token is good for nothing from now on."""
    if token.revoked_at is None:
        token.revoked_at = at
        audit(session, actor, "token.revoke", f"token {token.id}", at=at, unit=token.unit_code, why=why)


def actor_of(officer: Officer, address: str, at: datetime) -> Actor:
    """The officer as rules, actions and queries take who acts, with the roles that count at this instant."""
    roles = officer.roles_on(at.astimezone(CHINA).date())
    return Actor(officer.unit_code, officer.name, roles, officer_id=officer.id, address=address)


def object_of(officer: Officer) -> str:
    """What the audit log calls the account."""
    return f"officer {officer.username}"


def given_name(name: str) -> str:
    """The name without white space around it; Invalid if it is none or too long."""
    given = name.strip()
    if not given or len(given) > LONGEST_NAME:
        raise Invalid({"name": _("Give a name of at most 60 characters.")})
    return given


def check_email(email: str | None) -> str | None:
    """The address without white space around it, None for none; Invalid if it cannot be one."""
    given = (email or "").strip()
    if given and not _ADDRESS.fullmatch(given):
        raise Invalid({"email": _("This is no e-mail address: name@ga.example, or leave it out.")})
    return given or None


def open_unit(session: Session, unit_code: str, at: datetime) -> Unit:
    """The unit of this code, if it is in service."""
    unit = session.get(Unit, unit_code)
    if unit is None:
        raise Invalid({"unit_code": _("There is no unit with the code %(code)s.", code=unit_code)})
    if is_closed(unit, at):
        raise Invalid({"unit_code": _("The unit %(name)s is closed.", name=unit.name)})
    return unit


def is_closed(unit: Unit, at: datetime) -> bool:
    """Whether nothing happens at the unit any more."""
    return unit.closed_on is not None and unit.closed_on <= at.astimezone(CHINA).date()


def _check_roles(roles: frozenset[Role], *, may_follow: bool) -> None:
    if not roles and not may_follow:
        raise Invalid({"roles": _("Give at least one role.")})
    if conflicts(roles):
        raise Invalid({"roles": THREE_PEOPLE})


def _free_username(session: Session, given: str | None, name: str, unit_code: str) -> str:
    if given is None:
        return next(each for each in usernames.proposals(name, unit_code) if not _taken(session, each))
    username = usernames.normal(given)
    if not usernames.allowed(username):
        raise Invalid({"username": _("Use 2 to 60 letters, digits, or . @ - _ between them.")})
    if _taken(session, username):
        raise _username_taken(username)
    return username


def _add_unless_taken(session: Session, officer: Officer) -> None:
    """Two who give the same username at once: the slower one is refused like anybody who comes later."""
    try:
        with session.begin_nested():
            session.add(officer)
    except IntegrityError as error:
        raise _username_taken(officer.username) from error


def _username_taken(username: str) -> Invalid:
    return Invalid({"username": _("The username %(username)s is taken.", username=username)})


def _taken(session: Session, username: str) -> bool:
    return session.scalar(select(Officer.id).where(Officer.username == username)) is not None
