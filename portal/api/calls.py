"""A call of another system: who it is, its body checked, one transaction, and the same answer to the same key."""

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Response, abort, jsonify, request
from flask_babel import lazy_gettext as _
from marshmallow import Schema, ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.accounts.actions import token_actor
from portal.api.models import IdempotentAnswer
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.web.access import PERMISSION
from portal.web.actor import Actor
from portal.web.permissions import Permission
from portal.web.problems import problem

Body = dict[str, Any]
Answer = tuple[Body, int] | tuple[Body, int, str]
"(JSON, status) or (JSON, status, location)."
KEY_LENGTH = 100


def call(permission: Permission) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """A view for a bearer token that holds `permission`: it does its work, and here it is committed, once."""
    return _for_token(permission, _once)


def fetch(permission: Permission) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A view for a bearer token that holds `permission` and answers something other than JSON, as it is."""
    return _for_token(permission, lambda _actor, work: work())


def _for_token(
    permission: Permission, answered: Callable[[Actor, Callable[[], Any]], Response]
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Response:
            actor = _authenticated()
            if actor is None:
                return _unauthenticated()
            if not actor.may(permission):
                abort(403)
            return answered(actor, lambda: view(actor, *args, **kwargs))

        setattr(run, PERMISSION, permission)
        return run

    return decorate


def body(schema: Schema) -> Body:
    """The JSON body, checked; Invalid with every fault by field, `citizens.0.id_number`."""
    given = request.get_json(silent=True)
    if not isinstance(given, Mapping):
        raise Invalid({"": _("Send a JSON object with Content-Type: application/json.")})
    try:
        return dict(schema.load(given))
    except ValidationError as error:
        raise Invalid(_flat(error.messages_dict)) from error


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, fault in messages.items():
        path = f"{prefix}{name}"
        if isinstance(fault, Mapping):
            flat |= _flat(fault, f"{path}.")
        else:
            flat[path.removesuffix("._schema")] = " ".join(map(str, fault))
    return flat


def _authenticated() -> Actor | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return token_actor(db.session, token.strip(), clock.now(), request.remote_addr or "")


def _unauthenticated() -> Response:
    response = problem(401, _("Send a valid token: Authorization: Bearer …"))
    response.headers["WWW-Authenticate"] = 'Bearer realm="duijie"'
    return response


def _once(actor: Actor, work: Callable[[], Answer]) -> Response:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is None:
        answer = work()
        db.session.commit()
        return _response(*answer)
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise Invalid({"Idempotency-Key": _("Give 1 to %(most)s printable characters.", most=KEY_LENGTH)})
    return _kept(actor, key, work)


def _kept(actor: Actor, key: str, work: Callable[[], Answer]) -> Response:
    """The answer kept under the key, or the work and its answer; of two at once one works and the other reads."""
    if (response := _before(actor, key)) is not None:
        return response
    try:
        answer = work()
        _keep(actor, key, *answer)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        if (response := _before(actor, key)) is None:
            raise
        return response
    return _response(*answer)


def _before(actor: Actor, key: str) -> Response | None:
    found = db.session.scalar(
        select(IdempotentAnswer).where(IdempotentAnswer.token_id == actor.token_id, IdempotentAnswer.key == key)
    )
    if found is None:
        return None
    if found.fingerprint != _fingerprint():
        raise Conflict(_("This Idempotency-Key was used for another request: choose a new one."))
    return _response(found.body, found.status, found.location)


def _keep(actor: Actor, key: str, answer: Body, status: int, location: str | None = None) -> None:
    db.session.add(
        IdempotentAnswer(
            token_id=actor.token_id,
            key=key,
            fingerprint=_fingerprint(),
            at=clock.now(),
            status=status,
            location=location,
            body=answer,
        )
    )


def _fingerprint() -> str:
    return hashlib.sha256(b"\n".join([request.method.encode(), request.path.encode(), request.get_data()])).hexdigest()


def _response(answer: Body, status: int, location: str | None = None) -> Response:
    response = jsonify(answer)
    response.status_code = status
    if location:
        response.headers["Location"] = location
    return response
