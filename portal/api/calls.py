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
from portal.api import sent
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
    looks: Callable[..., Given] | None = None
    """It may also be sent a form with files, on which it looks before its transaction begins: `looks(actor, given,
    **path)` answers what is given then."""


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
            given = _looked_through(operation, actor, _given(operation), path)
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
    given, body = _with_files() if operation.looks else ({}, sent.body)
    for schema, read in ((operation.asks, sent.query), (operation.takes, body)):
        try:
            given |= schema().load(read())
        except ValidationError as error:
            faults |= faults_of(error)
    if faults:
        raise Invalid(faults)
    return given


def _looked_through(operation: Operation, actor: Actor, given: Given, path: Mapping[str, Any]) -> Given:
    return operation.looks(actor, given, **path) if operation.looks else given


def _with_files() -> tuple[Given, Callable[[], Mapping[str, Any]]]:
    """The files, and where the rest is read: a form where one was sent, else JSON without files."""
    if not sent.is_form():
        return {sent.FILES: []}, sent.body
    sent.make_room_for_files()
    return {sent.FILES: sent.files()}, sent.form


def faults_of(error: ValidationError) -> dict[str, Text]:
    """Each fault by its field."""
    return _flat(error.messages_dict)


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
