"""A call of another system: who it is, what it sends checked, one transaction; and what is documented of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask_babel import lazy_gettext as _
from marshmallow import Schema, ValidationError

from portal import clock
from portal.accounts.admission import WINDOW, Allowance, Asked, TooManyCalls, admit
from portal.api.keys import Reply, once
from portal.api.typed import Nothing
from portal.errors import Invalid, Text, seconds_up
from portal.extensions import db
from portal.tickets.number import BadNumber, format_number, parse_number
from portal.web.access import PERMISSION
from portal.web.actor import Actor
from portal.web.permissions import Permission
from portal.web.problems import problem

bp = Blueprint("api", __name__, url_prefix="/api/v1")

OPERATION = "__operation__"
REALM = "duijie"
Given = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """What a call needs and answers; the documentation is made of these."""

    permission: Permission
    "one of the scopes that tokens have"
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
    many: bool = False
    "whether it does many things, each with a key and a transaction of its own"


def call(operation: Operation) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """A view for a bearer token that holds the permission: `view(actor, given, **path)`, committed here, once.

    It answers JSON, a Reply, or, where the operation answers a file, the response itself.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def run(**path: Any) -> Response:
            actor = _admitted(operation, path)
            if actor is None:
                return _unauthenticated()
            if not actor.may(operation.permission):
                return _out_of_scope(operation.permission)
            given = _given(operation)
            if operation.answers is None:
                return view(actor, given, **path)  # type: ignore[no-any-return]
            return _response(_worked(operation, actor, partial(view, actor, given, **path)))

        setattr(run, PERMISSION, operation.permission)
        setattr(run, OPERATION, operation)
        return run

    return decorate


def _worked(operation: Operation, actor: Actor, view: Callable[[], Any]) -> Reply:
    """What the view answers, once for each key; one that does many things keeps a key for each of them itself."""

    def work() -> Reply:
        answer = view()
        return answer if isinstance(answer, Reply) else Reply(answer, operation.status)

    return work() if operation.many else once(db.session, actor, work, clock.now())


def _given(operation: Operation) -> Given:
    """The query and the body, checked; Invalid with every fault by field, `citizens.0.id_number`."""
    faults: dict[str, Text] = {}
    given: Given = {}
    for schema, read in ((operation.asks, _query), (operation.takes, _body)):
        try:
            given |= schema().load(read())
        except ValidationError as error:
            faults |= faults_of(error)
    if faults:
        raise Invalid(faults)
    return given


def faults_of(error: ValidationError) -> dict[str, Text]:
    """Each fault by its field."""
    return _flat(error.messages_dict)


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


def _admitted(operation: Operation, path: Mapping[str, Any]) -> Actor | None:
    """Whose token it is; the call counted and noted. Raises TooManyCalls."""
    scheme, _gap, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    call = f"{request.method} {request.url_rule}"
    asked = Asked(operation.permission, call, request.remote_addr or "", _object(path.get("number")))
    limit = current_app.extensions["settings"].api_calls
    admitted = admit(db.engine, token.strip(), asked, clock.now(), limit)
    if admitted is None:
        return None
    g.allowance = admitted.allowance
    if admitted.allowance.exhausted:
        raise TooManyCalls(admitted.allowance)
    return admitted.actor


def _object(number: str | None) -> str:
    """The ticket of the address, for the log; what is no number of one is left out, it may be anything."""
    try:
        return f"ticket {format_number(*parse_number(number or ''))}"
    except BadNumber:
        return ""


def _unauthenticated() -> Response:
    response = problem(401, _("Send a valid token: Authorization: Bearer …"))
    response.headers["WWW-Authenticate"] = f'Bearer realm="{REALM}"'
    return response


def _out_of_scope(scope: Permission) -> Response:
    """As RFC 6750 tells it to the other system, and in words."""
    response = problem(403, _("This token lacks the scope %(scope)s: ask the system administrator for one that has it.",
                              scope=scope.value))  # fmt: skip
    response.headers["WWW-Authenticate"] = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope.value}"'
    return response


@bp.after_request
def _tell_allowance(response: Response) -> Response:
    """How many calls the token has left, with every answer to it."""
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None and allowance.limit:
        response.headers["RateLimit-Policy"] = f"{allowance.limit};w={seconds_up(WINDOW)}"
        response.headers["RateLimit-Limit"] = str(allowance.limit)
        response.headers["RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["RateLimit-Reset"] = str(seconds_up(allowance.resets_in))
    return response


def _response(reply: Reply) -> Response:
    response = jsonify(reply.body)
    response.status_code = reply.status
    if reply.location:
        response.headers["Location"] = reply.location
    if tag := reply.body.get("etag"):
        response.set_etag(tag)
    return response
