"""The accounts that somebody who looks after accounts or roles may see, looked up and page by page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from directory.models import Unit
from directory.queries import subtree_codes
from portal.accounts.models import ApiToken, Officer, RoleGrant, SignInSession
from portal.accounts.queries import is_live
from portal.web.actor import Actor
from portal.web.permissions import Permission, Role

_UNIT_OF_TOKEN = joinedload(ApiToken.unit).joinedload(Unit.parent)
LOOKS_AFTER = (Permission.ACCOUNT_MANAGE, Permission.ROLE_GRANT, Permission.SESSION_MANAGE)


class AccountState(StrEnum):
    """Which accounts are looked at."""

    ACTIVE = "active"
    NEVER = "never"
    "no password was ever chosen"
    NO_ROLE = "no-role"
    LEFT = "left"


@dataclass(frozen=True)
class AccountFilter:
    """What is looked for; what is left out narrows nothing."""

    words: str = ""
    state: AccountState | None = AccountState.ACTIVE
    role: Role | None = None


def visible_to(actor: Actor) -> Select[Officer]:
    """The accounts at the actor's unit and at those below it; of whoever looks after none, none."""
    if actor.unit_code is None or not any(actor.may(permission) for permission in LOOKS_AFTER):
        return select(Officer).where(false())
    return select(Officer).where(Officer.unit_code.in_(subtree_codes(actor.unit_code)))


def accounts(actor: Actor, wanted: AccountFilter, today: date, after: str | None, limit: int) -> Select[Officer]:
    """A page of accounts, by username, with what a line shows."""
    found = _narrowed(visible_to(actor), wanted, today)
    if after is not None:
        found = found.where(Officer.username > after)
    whole = (joinedload(Officer.unit).joinedload(Unit.parent), selectinload(Officer.grants), joinedload(Officer.factor))
    return found.options(*whole).order_by(Officer.username).limit(limit)


def account(actor: Actor, officer_id: int) -> Select[Officer]:
    """One account, with its roles and its unit."""
    whole = (joinedload(Officer.unit).joinedload(Unit.parent), selectinload(Officer.grants), joinedload(Officer.factor))
    return visible_to(actor).where(Officer.id == officer_id).options(*whole)


def locked_account(actor: Actor, officer_id: int) -> Select[Officer]:
    """The same, kept from others until the end of the transaction."""
    found = visible_to(actor).where(Officer.id == officer_id).with_for_update(of=Officer)
    return found.options(selectinload(Officer.grants)).execution_options(populate_existing=True)


def sessions(
    actor: Actor, at: datetime, idle: timedelta, words: str, after: int | None, limit: int
) -> Select[SignInSession]:
    """Where these officers are signed in now, the newest first."""
    theirs = _narrowed(visible_to(actor), AccountFilter(words, None), at.date()).with_only_columns(Officer.id)
    found = select(SignInSession).where(SignInSession.officer_id.in_(theirs), *is_live(at, idle))
    if after is not None:
        found = found.where(SignInSession.id < after)
    who = joinedload(SignInSession.officer).joinedload(Officer.unit).joinedload(Unit.parent)
    return found.options(who).order_by(SignInSession.id.desc()).limit(limit)


def session_of(actor: Actor, session_id: int) -> Select[SignInSession]:
    """One of these sessions."""
    theirs = visible_to(actor).with_only_columns(Officer.id)
    return select(SignInSession).where(SignInSession.id == session_id, SignInSession.officer_id.in_(theirs))


def last_sign_in(officer_id: int) -> Select[datetime | None]:
    return select(func.max(SignInSession.created_at)).where(SignInSession.officer_id == officer_id)


def tokens_visible_to(actor: Actor) -> Select[ApiToken]:
    """The tokens of the actor's unit and of those below it, for whoever looks after tokens."""
    if actor.unit_code is None or not actor.may(Permission.TOKEN_MANAGE):
        return select(ApiToken).where(false())
    return select(ApiToken).where(ApiToken.unit_code.in_(subtree_codes(actor.unit_code)))


def tokens(actor: Actor, after: int | None, limit: int) -> Select[ApiToken]:
    """A page of them, the newest first."""
    found = tokens_visible_to(actor)
    if after is not None:
        found = found.where(ApiToken.id < after)
    return found.options(_UNIT_OF_TOKEN).order_by(ApiToken.id.desc()).limit(limit)


def token(actor: Actor, token_id: int) -> Select[ApiToken]:
    """One of them, with its unit."""
    return tokens_visible_to(actor).where(ApiToken.id == token_id).options(_UNIT_OF_TOKEN)


def _narrowed(found: Select[Officer], wanted: AccountFilter, today: date) -> Select[Officer]:
    for word in wanted.words.lower().split():
        named = (Officer.username, func.lower(Officer.name), func.lower(func.coalesce(Officer.email, "")))
        units = select(Unit.code).where(or_(_in(Unit.name, word), _in(Unit.code, word.upper())))
        found = found.where(or_(*(_in(column, word) for column in named), Officer.unit_code.in_(units)))
    if wanted.state is not None:
        found = found.where(_is(wanted.state, today))
    if wanted.role is not None:
        found = found.where(Officer.grants.any(_counts(today) & (RoleGrant.role == wanted.role)))
    return found


def _is(state: AccountState, today: date) -> ColumnElement[bool]:
    if state is AccountState.LEFT:
        return Officer.active.is_(False)
    if state is AccountState.NEVER:
        return Officer.active & Officer.password_hash.is_(None)
    if state is AccountState.NO_ROLE:
        return Officer.active & ~Officer.grants.any(_counts(today))
    return Officer.active.is_(True)


def _counts(today: date) -> ColumnElement[bool]:
    return or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= today)


def _in(column: SQLColumnExpression[str], word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)
