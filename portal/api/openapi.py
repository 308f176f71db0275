"""The interface described as OpenAPI 3.1, made from the calls themselves: nothing can be documented and not there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import current_app
from flask_babel import lazy_gettext as _
from marshmallow import Schema
from werkzeug.routing import Rule

from portal.api import results
from portal.api.calls import OPERATION, Operation
from portal.api.keys import HEADER, KEY_LENGTH
from portal.api.sent import FILES, FORM
from portal.api.typed import Nothing
from portal.tickets.checking import LARGEST_FILE, MOST_FILES
from portal.web.permissions import SCOPES
from portal.web.problems import MEDIA_TYPE

Json = dict[str, Any]
TOKEN = "token"  # noqa: S105  the name of the scheme
JSON = "application/json"
SAYS = _(
    "Another system of a unit looks units up, opens tickets and moves its tasks, with a token of its unit. Instants "
    "always carry their offset. A field that is not named here is refused. Errors are problem details (RFC 9457) in "
    "the language of Accept-Language, zh or en."
)
ID = {"schema": {"type": "integer", "minimum": 0}, "example": 1}
PATH_PARAMETERS: Mapping[str, Json] = {
    "number": {"description": _("The ticket's number."), "schema": {"type": "string"}, "example": "XB2016-000123-7"},
    "task_id": {"description": _("`id` of the task."), **ID},
    "attachment_id": {"description": _("`id` of the file."), **ID},
    "webhook_id": {"description": _("`id` of the web hook."), **ID},
    "import_id": {"description": _("`id` of the import."), **ID},
    "event_id": {"description": _("`id` of the event."), **ID},
    "year": {"description": _("The year."), "schema": {"type": "integer", "minimum": 0}, "example": 2016},
    "code": {"description": _("A unit's code, or a procedure's."), "schema": {"type": "string"}},
}
CODES = {"units": "220202000000", "procedures": "enquiry"}
REFUSALS = {
    401: _("No token, or one that is not good any more."),
    403: _("The token's scopes do not allow it."),
    404: _("Not there, or not for your unit to see."),
    409: _("The state does not allow it; or the Idempotency-Key was used for another request."),
    412: _("It has changed since the tag in If-Match."),
    422: _("A field is wrong: `errors` names each one and says what to do."),
    429: _("Too many calls with this token: wait as long as Retry-After says."),
}
ALLOWANCE: Mapping[str, Json] = {
    "RateLimit-Limit": {"description": _("Calls a minute."), "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": _("How many of them are left."), "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": _("Seconds until all are there again."), "schema": {"type": "integer"}},
}
ANY_OTHER = _("Anything else that goes wrong.")
FILES_SAY = _("Up to %(most)s files, each of up to %(size)s MB: PDF, OFD, a picture, Word, Excel, .pptx or plain text.",
              most=MOST_FILES, size=LARGEST_FILE // 1024**2)  # fmt: skip
KEY = _("Any text of your own: sent again with the same request, within two days it gets the same answer.")
IF_MATCH = _("`etag` of the ticket, or of the task: nothing is done if it has changed since.")


def specification() -> Json:
    """The whole description, in the language of the reader."""
    spec = APISpec(
        "Duijie 对接",
        "1",
        "3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        info={"description": SAYS},
        servers=[{"url": current_app.extensions["settings"].base_url}],
    )
    spec.components.security_scheme(TOKEN, {"type": "http", "scheme": "bearer", "description": _scopes()})
    for status, says in REFUSALS.items():
        spec.components.response(str(status), _refusal(status, says))
    spec.components.response("default", _refusal(0, ANY_OTHER))
    for rule, method, operation in operations():
        spec.path(path_of(rule), operations={method: _described(rule, method, operation)})
    told: Json = _plain(spec.to_dict())
    return told


def operations() -> Iterator[tuple[Rule, str, Operation]]:
    """Every call there is: its address, `get` or `post`, and what it needs and answers."""
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        operation = getattr(current_app.view_functions[rule.endpoint], OPERATION, None)
        if operation is not None:
            yield rule, "post" if "POST" in (rule.methods or ()) else "get", operation


def path_of(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def example_of(schema: type[Schema]) -> Json:
    """A body made of the fields that have an example."""
    fields = schema().fields
    return {name: field.metadata["examples"][0] for name, field in fields.items() if "examples" in field.metadata}


def _described(rule: Rule, method: str, operation: Operation) -> Json:
    told: Json = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": operation.says,
        "description": _("Scope: %(scope)s.", scope=operation.permission.value),
        "tags": [_tag(rule)],
        "security": [{TOKEN: [operation.permission.value]}],
        "parameters": [*_path_parameters(rule), *_query(operation), *_headers(method, operation)],
        "responses": {str(operation.status): _answer(operation, rule), **_refusals(rule, method, operation)},
    }
    return told | ({"requestBody": _body(operation)} if method == "post" else {})


def _scopes() -> str:
    return f"{_('Scopes:')} {', '.join(SCOPES)}"


def _tag(rule: Rule) -> str:
    return "tasks" if "/tasks/" in rule.rule else rule.rule.split("/")[3]


def _path_parameters(rule: Rule) -> list[Json]:
    code = {"example": CODES.get(rule.rule.split("/")[3], "")}
    named = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
    return [
        {"in": "path", "name": name, "required": True, **PATH_PARAMETERS[name], **(code if name == "code" else {})}
        for name in named
    ]


def _query(operation: Operation) -> list[Json]:
    return [] if operation.asks is Nothing else [{"in": "query", "schema": operation.asks}]


def _headers(method: str, operation: Operation) -> list[Json]:
    key = {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[ -~]+$"}
    headers: list[tuple[str, Any, Json]] = [("Accept-Language", _("zh or en."), {"type": "string"})]
    if method == "post" and not operation.many:
        headers.append((HEADER, KEY, key))
    if operation.guarded:
        headers.append(("If-Match", IF_MATCH, {"type": "string"}))
    return [{"in": "header", "name": name, "description": says, "schema": schema} for name, says, schema in headers]


def _body(operation: Operation) -> Json:
    """An empty object may be left out."""
    content: Json = {JSON: {"schema": operation.takes, "example": example_of(operation.takes)}}
    if operation.looks is not None:
        content[FORM] = {"schema": _form(operation.takes)}
    return {"content": content, "required": operation.takes is not Nothing}


def _form(takes: type[Schema]) -> Json:
    """The same as a form, with files: all its other fields are texts."""
    texts = {name: {"type": "string", "description": field.metadata["description"]}
             for name, field in takes().fields.items()}  # fmt: skip
    files = {"type": "array", "maxItems": MOST_FILES, "description": FILES_SAY,
             "items": {"type": "string", "format": "binary"}}  # fmt: skip
    return {"type": "object", "properties": {**texts, FILES: files}, "additionalProperties": False}


def _answer(operation: Operation, rule: Rule) -> Json:
    says = _("What was made.") if operation.status == 201 else _("What was asked for.")
    if operation.answers is None:
        file = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
        return {"description": _("The file."), "content": {"*/*": file}, "headers": {**ALLOWANCE}}
    headers: Json = {**ALLOWANCE}
    if "etag" in operation.answers().fields:
        headers["ETag"] = {"description": _("The ticket's tag, for If-Match."), "schema": {"type": "string"}}
    if rule.rule == "/api/v1/tickets" and operation.status == 201:
        headers["Location"] = {"description": _("Where the ticket is."), "schema": {"type": "string"}}
    return {"description": says, "content": {JSON: {"schema": operation.answers}}, "headers": headers}


def _refusals(rule: Rule, method: str, operation: Operation) -> Json:
    statuses = {401, 403, 422, 429}
    statuses |= {404} if rule.arguments or rule.rule.endswith("/resolve") else set()
    statuses |= {409} if method == "post" else set()
    statuses |= {412} if operation.guarded else set()
    return {str(status): str(status) for status in sorted(statuses)} | {"default": "default"}


def _refusal(status: int, says: Any) -> Json:
    headers: Json = {}
    if status in {401, 403}:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    if status == 429:
        headers["Retry-After"] = {"description": _("Seconds."), "schema": {"type": "integer"}}
        headers |= ALLOWANCE
    return {"description": says, "content": {MEDIA_TYPE: {"schema": results.ProblemResult}}, "headers": headers}


def _name(schema: Any) -> str:
    named = schema if isinstance(schema, type) else type(schema)
    return named.__name__.removesuffix("Schema").removesuffix("Result")


def _plain(value: Any) -> Any:
    """Translated texts as texts."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
