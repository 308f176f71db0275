"""Another system is let in: by its token, within the token's limit, and noted before anything is done for it.

Counting and noting is one short transaction of its own, before that of the call: a call that cannot be noted is not
worked on. Of what was sent nothing is noted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_ngettext
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.accounts import throttle
from portal.accounts.actions import is_closed
from portal.accounts.models import ApiToken
from portal.accounts.noting import MINUTE
from portal.accounts.queries import token_like
from portal.audit.actions import record as audit
from portal.errors import Refused
from portal.web.actor import Actor
from portal.web.permissions import SCOPES, Permission

WINDOW = MINUTE
"Calls are counted for so long from the first of them; `used_at` is when that was."


@dataclass(frozen=True)
class Asked:
    """What a call asks for, in the words of the audit log."""

    permission: Permission
    call: str
    "method and address, with the names of what stands in it: `GET /api/v1/tickets/<number>`"
    address: str
    object: str = ""


@dataclass(frozen=True)
class Allowance:
    """What a token may still do in this minute."""

    limit: int
    "0: any number"
    used: int
    resets_in: timedelta

    @property
    def exhausted(self) -> bool:
        return 0 < self.limit < self.used

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class TooManyCalls(Refused):
    """The token's calls of this minute are used up."""

    status = 429
    wait: timedelta

    def __init__(self, allowance: Allowance) -> None:
        self.wait = allowance.resets_in
        super().__init__(
            lazy_ngettext(
                "This token has made its %(num)s call of this minute: wait as long as Retry-After says.",
                "This token has made its %(num)s calls of this minute: wait as long as Retry-After says.",
                allowance.limit,
            )
        )


@dataclass(frozen=True)
class Admitted:
    """Who acts, and what the token may still do."""

    actor: Actor
    allowance: Allowance


def admit(engine: Engine, plaintext: str, asked: Asked, at: datetime, limit: int) -> Admitted | None:
    """Who acts with this bearer token, the call counted and noted; None, and noted, if it is no good token.

    Raises TooManyFailures where too many bad tokens came from the address. A call over the limit is counted, the first
    one noted, and told by the allowance.
    """
    with Session(engine.execution_options(read_only=False)) as session, session.begin():
        token = session.scalar(token_like(plaintext).with_for_update(of=ApiToken, key_share=True))
        why_not = _why_not(token, at)
        if token is None or why_not:
            _refuse(session, token, asked, at, why_not)
            return None
        admitted = Admitted(_actor(token, asked), _counted(token, at, limit))
        _note(session, admitted, asked, at)
        return admitted


def _why_not(token: ApiToken | None, at: datetime) -> str:
    """Why the token is good for nothing; empty if it is good."""
    if token is None:
        return "unknown"
    reasons = {
        "revoked": token.revoked_at is not None,
        "expired": token.expires_at is not None and token.expires_at <= at,
        "unit closed": is_closed(token.unit, at),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _refuse(session: Session, token: ApiToken | None, asked: Asked, at: datetime, why: str) -> None:
    throttle.count_bad_token(session, asked.address, at)
    who = Actor(token.unit_code if token else None, "?", token_id=token.id if token else None, address=asked.address)
    audit(session, who, "token.refused", f"token {token.id}" if token else "", at=at, why=why, call=asked.call)


def _actor(token: ApiToken, asked: Asked) -> Actor:
    """The system as rules, actions and queries take who acts: its scopes, in the role that the one asked for has.

    In that role alone: who may read the figures of the units below sees none of their tickets by it.
    """
    roles = frozenset(SCOPES[scope] for scope in token.permissions if scope is asked.permission)
    name = token.label or token.unit.name
    return Actor(token.unit_code, name, roles, token_id=token.id, scopes=token.permissions, address=asked.address)


def _counted(token: ApiToken, at: datetime, limit: int) -> Allowance:
    if token.used_at is None or at - token.used_at >= WINDOW:
        token.used_at, token.calls = at, 0
    token.calls += 1
    return Allowance(limit, token.calls, token.used_at + WINDOW - at)


def _note(session: Session, admitted: Admitted, asked: Asked, at: datetime) -> None:
    """Every call within the limit; of those over it the first."""
    allowance = admitted.allowance
    if not allowance.exhausted:
        action = "api.call" if admitted.actor.may(asked.permission) else "api.refused"
        audit(session, admitted.actor, action, asked.object, at=at, call=asked.call)
    elif allowance.used == allowance.limit + 1:
        audit(session, admitted.actor, "api.throttled", at=at, limit=allowance.limit)
