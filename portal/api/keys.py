"""The same `Idempotency-Key` gets the same answer: kept in the transaction of what was done, for two days.

The key is taken before the work begins. So of two at once the second waits until the first has committed, and reads its
answer; killed in the middle, neither the work nor the key is there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.api.models import IdempotentAnswer
from portal.api.sent import content
from portal.errors import Conflict, Invalid
from portal.web.actor import Actor

HEADER = "Idempotency-Key"
KEY_LENGTH = 100
KEPT = timedelta(hours=48)
OTHER_REQUEST = _("This Idempotency-Key was used for another request: choose a new one.")


@dataclass(frozen=True)
class Reply:
    """What a call answers: JSON, its status, and where the thing made is found."""

    body: dict[str, Any]
    status: int = 200
    location: str | None = None
    kept: dict[str, Any] | None = None
    "what the same key gets, where the answer tells something once"


@dataclass(frozen=True)
class Asked:
    """What is asked for under a key: the same key with another fingerprint is refused."""

    key: str
    fingerprint: str


def once(session: Session, actor: Actor, work: Callable[[], Reply], at: datetime, asked: Asked | None = None) -> Reply:
    """The answer kept under the key, the request's if none is given, or the work and its answer; committed."""
    asked = asked or _asked()
    if asked is None:
        reply = work()
        session.commit()
        return reply
    return _earlier(session, actor, asked, at) or _worked(session, actor, asked, work, at)


def forget_answers(session: Session, at: datetime) -> None:
    """Those that nobody gets any more."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at <= at - KEPT))


def check_key(key: str) -> None:
    """Invalid for a key that no header could hold."""
    if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        raise Invalid({HEADER: _("Give 1 to %(most)s printable ASCII characters.", most=KEY_LENGTH)})


def _asked() -> Asked | None:
    key = request.headers.get(HEADER) if request.method == "POST" else None
    if key is None:
        return None
    check_key(key)
    return Asked(key, fingerprint(request.method.encode(), request.path.encode(), content()))


def _worked(session: Session, actor: Actor, asked: Asked, work: Callable[[], Reply], at: datetime) -> Reply:
    try:
        taken = _take(session, actor, asked, at)
    except IntegrityError:
        session.rollback()
        return _of_twin(session, actor, asked, at)
    reply = work()
    taken.body, taken.status, taken.location = reply.kept or reply.body, reply.status, reply.location
    session.commit()
    return reply


def _take(session: Session, actor: Actor, asked: Asked, at: datetime) -> IdempotentAnswer:
    """The key is ours until the transaction ends; one kept too long is free again."""
    session.execute(delete(IdempotentAnswer).where(*_same(actor, asked), IdempotentAnswer.at <= at - KEPT))
    taken = IdempotentAnswer(token_id=actor.token_id, key=asked.key, fingerprint=asked.fingerprint, at=at, status=0,
                             body={})  # fmt: skip
    session.add(taken)
    session.flush()
    return taken


def _of_twin(session: Session, actor: Actor, asked: Asked, at: datetime) -> Reply:
    reply = _earlier(session, actor, asked, at)
    if reply is None:
        raise Conflict(_("The same request is being worked on: send it again in a moment."))
    return reply


def _earlier(session: Session, actor: Actor, asked: Asked, at: datetime) -> Reply | None:
    found = session.scalar(select(IdempotentAnswer).where(*_same(actor, asked), IdempotentAnswer.at > at - KEPT))
    if found is None:
        return None
    if found.fingerprint != asked.fingerprint:
        raise Conflict(OTHER_REQUEST)
    return Reply(found.body, found.status, found.location)


def _same(actor: Actor, asked: Asked) -> tuple[Any, ...]:
    return (IdempotentAnswer.token_id == actor.token_id, IdempotentAnswer.key == asked.key)


def fingerprint(*parts: bytes) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
