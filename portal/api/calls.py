"""A call of another system: who it is, what it sends checked, one transaction; and what is documented of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import lazy_gettext as _
from marshmallow import Schema, ValidationError

from portal import clock
from portal.accounts.actions import token_actor
from portal.api.keys import Reply, once
from portal.api.typed import Nothing
from portal.errors import Invalid, Text
from portal.extensions import db
from portal.web.access import PERMISSION
from portal.web.actor import Actor
from portal.web.permissions import Permission
from portal.web.problems import problem

bp = Blueprint("api", __name__, url_prefix="/api/v1")

OPERATION = "__operation__"
Given = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """What a call needs and answers; the documentation is made of these."""

    permission: Permission
    says: Text
    answers: type[Schema] | None
    "None: a file"
    takes: type[Schema] = Nothing
    "the body of a POST"
    asks: type[Schema] = Nothing
    "the query"
    status: int = 200
    guarded: bool = False
    "whether it knows If-Match"


def call(operation: Operation) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """A view for a bearer token that holds the permission: `view(actor, given, **path)`, committed here, once.

    It answers JSON, a Reply, or, where the operation answers a file, the response itself.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def run(**path: Any) -> Response:
            actor = _authenticated()
            if actor is None:
                return _unauthenticated()
            if not actor.may(operation.permission):
                abort(403)
            given = _given(operation)
            if operation.answers is None:
                return view(actor, given, **path)  # type: ignore[no-any-return]
            work = lambda: _reply(operation, view(actor, given, **path))  # noqa: E731
            return _response(once(db.session, actor, work, clock.now()))

        setattr(run, PERMISSION, operation.permission)
        setattr(run, OPERATION, operation)
        return run

    return decorate


def _reply(operation: Operation, answer: Any) -> Reply:
    return answer if isinstance(answer, Reply) else Reply(answer, operation.status)


def _given(operation: Operation) -> Given:
    """The query and the body, checked; Invalid with every fault by field, `citizens.0.id_number`."""
    faults: dict[str, Text] = {}
    given: Given = {}
    for schema, read in ((operation.asks, _query), (operation.takes, _body)):
        try:
            given |= schema().load(read())
        except ValidationError as error:
            faults |= _flat(error.messages_dict)
    if faults:
        raise Invalid(faults)
    return given


def _query() -> Mapping[str, Any]:
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise Invalid({name: _("Give this once.") for name in twice})
    return request.args.to_dict()


def _body() -> Mapping[str, Any]:
    """Nothing is an empty object: the first field that is missing is told."""
    if request.method != "POST" or not request.get_data():
        return {}
    given = request.get_json(silent=True)
    if not isinstance(given, Mapping):
        raise Invalid({"": _("Send a JSON object with Content-Type: application/json.")})
    return given


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, Text]:
    flat: dict[str, Text] = {}
    for name, fault in messages.items():
        path = f"{prefix}{name}"
        if isinstance(fault, Mapping):
            flat |= _flat(fault, f"{path}.")
        else:
            told = fault if isinstance(fault, list) else [fault]  # a translated text comes as it is
            flat[path.removesuffix("_schema").removesuffix(".")] = " ".join(map(str, told))
    return flat


def _authenticated() -> Actor | None:
    scheme, _gap, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return token_actor(db.session, token.strip(), clock.now(), request.remote_addr or "")


def _unauthenticated() -> Response:
    response = problem(401, _("Send a valid token: Authorization: Bearer …"))
    response.headers["WWW-Authenticate"] = 'Bearer realm="duijie"'
    return response


def _response(reply: Reply) -> Response:
    response = jsonify(reply.body)
    response.status_code = reply.status
    if reply.location:
        response.headers["Location"] = reply.location
    if tag := reply.body.get("etag"):
        response.set_etag(tag)
    return response
