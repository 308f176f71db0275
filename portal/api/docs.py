"""`/api/docs`: the description of the interface as a page, with commands to be copied."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from portal.api.openapi import Json, specification
from portal.api.sent import FILES, FORM
from portal.config import ROOT
from portal.web.access import public
from portal.webhooks.wording import EVENT_NAMES

bp = Blueprint("api_docs", __name__, url_prefix="/api")

GROUPS = ("units", "procedures", "tickets", "tasks", "extensions", "bulk", "card-events", "webhooks", "directory",
          "stats")  # fmt: skip
DEEPEST = 3
EXAMPLE = (ROOT / "docs" / "example_client.py").read_text()
"The tests take it from the page, and run it."

FIRST = """export DUIJIE_URL={url} DUIJIE_TOKEN=dj_…
curl "$DUIJIE_URL/api/v1/units?q=linjiang" -H "Authorization: Bearer $DUIJIE_TOKEN" """.rstrip()
REFUSAL = """HTTP/1.1 422 UNPROCESSABLE CONTENT
Content-Type: application/problem+json

{"type": "about:blank", "title": "Unprocessable Entity", "status": 422, "detail": "…",
 "errors": [{"field": "citizens.0.id_number", "detail": "…"}]}"""
EVENT = """POST /events HTTP/1.1
webhook-id: entry_4711
webhook-timestamp: 1451869200
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{"type":"task.answered","timestamp":"2016-01-04T09:00:00+08:00","data":{"ticket":"XB2016-000123-7",
 "reference":"SL-2016-0042","drill":false,"entry":4711,"by":"220681000000","task":{"id":1,"step":"answer",
 "unit":"220681000000"},"outcome":"done","url":"…/tickets/XB2016-000123-7","api_url":"…/api/v1/tickets/XB2016-000123-7"}}"""
VERIFYING = """key    = base64.b64decode(secret.removeprefix("whsec_"))
signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
right  = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
genuine = any(hmac.compare_digest(right, each) for each in headers["webhook-signature"].split())"""


@dataclass(frozen=True)
class Row:
    """One field: where it stands (`tasks[].unit.code`), of what type, whether it must be there, what it means."""

    name: str
    type: str
    needed: bool
    says: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One call as the page shows it."""

    id: str
    method: str
    path: str
    says: str
    scope: str
    asks: list[Row]
    takes: list[Row]
    answers: list[Row]
    status: str
    curl: str
    files: str
    "the same with files; empty where none are taken"


@bp.get("/docs")
@public
def page() -> str:
    told = specification()
    calls: dict[str, list[Call]] = {group: [] for group in GROUPS}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            calls[operation["tags"][0]].append(_call(told, path, method, operation))
    return render_template("api/docs.html", calls=calls, told=told, first=FIRST, first_post=_first_post(told),
                           example=EXAMPLE, refusal=REFUSAL, event=EVENT, verifying=VERIFYING,
                           events=EVENT_NAMES)  # fmt: skip


def _first_post(told: Json) -> str:
    """Opening a ticket, as it can be copied."""
    path = "/api/v1/tickets"
    return _curl(told["servers"][0]["url"], path, "post", told["paths"][path]["post"])


def _call(told: Json, path: str, method: str, operation: Json) -> Call:
    parameters = operation["parameters"]
    status, answer = next(iter(operation["responses"].items()))
    asks = [_parameter(each) for each in parameters if each["in"] == "query"]
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        says=operation["summary"],
        scope=operation["description"],
        asks=asks,
        takes=[*_fields(told, operation.get("requestBody", {})), *_files(told, operation)],
        answers=_fields(told, answer),
        status=status,
        curl=_curl(told["servers"][0]["url"], path, method, operation),
        files=_with_files(told["servers"][0]["url"], path, operation) if _form_of(operation) else "",
    )


def _with_files(base: str, path: str, operation: Json) -> str:
    """A command that sends two files of the folder one is in."""
    given = operation["requestBody"]["content"]["application/json"]["example"]
    lines = [
        f"curl {shlex.quote(base + _filled(path, operation))}",
        '-H "Authorization: Bearer $DUIJIE_TOKEN"',
        '-H "Idempotency-Key: $(uuidgen)"',
        *(f"-F {shlex.quote(f'{name}={value}')}" for name, value in given.items()),
        "-F files=@scan-1.pdf",
        "-F files=@scan-2.jpg",
    ]
    return " \\\n  ".join(lines)


def _form_of(operation: Json) -> Json:
    """What a form with files holds; nothing where none is taken."""
    schema: Json = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    return schema


def _filled(path: str, operation: Json) -> str:
    """The address with the examples in it."""
    for each in operation["parameters"]:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    return path


def _curl(base: str, path: str, method: str, operation: Json) -> str:
    """A command that can be copied as it is; the token stands in a variable of the shell."""
    parameters, path = operation["parameters"], _filled(path, operation)
    lines = [f"curl {shlex.quote(base + path)}", '-H "Authorization: Bearer $DUIJIE_TOKEN"']
    examples = {each["name"]: each["schema"]["examples"][0] for each in parameters if each["schema"].get("examples")}
    if examples:
        lines[0] = f"curl -G {shlex.quote(base + path)}"
        lines += [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in examples.items()]
    if method == "post":
        body = operation["requestBody"]["content"]["application/json"]["example"]
        lines += [
            '-H "Content-Type: application/json"',
            '-H "Idempotency-Key: $(uuidgen)"',
            f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}",
        ]
    return " \\\n  ".join(lines)


def _parameter(told: Json) -> Row:
    return Row(told["name"], _type(told["schema"]), told.get("required", False), told.get("description", ""),
               _choices(told["schema"]))  # fmt: skip


def _fields(told: Json, holder: Json) -> list[Row]:
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return [*_rows(told, schema, "", 0)]


def _files(told: Json, operation: Json) -> list[Row]:
    """What a form has beside the fields of the JSON."""
    return [row for row in _rows(told, _form_of(operation), "", DEEPEST) if row.name == FILES]


def _rows(told: Json, schema: Json, prefix: str, depth: int) -> Iterator[Row]:
    """The fields of a schema, and of what it holds."""
    whole = _resolved(told, schema)
    for name, field in whole.get("properties", {}).items():
        needed = name in whole.get("required", ())
        yield Row(prefix + name, _type(_resolved(told, field)), needed, _says(told, field), _choices(field))
        if depth < DEEPEST:
            many = field.get("type") == "array"
            inner = field["items"] if many else field
            yield from _rows(told, inner, f"{prefix}{name}{'[]' if many else ''}.", depth + 1)


def _resolved(told: Json, schema: Json) -> Json:
    """The schema that is meant: by name, or one that may also be null."""
    meant = next((each for each in schema.get("anyOf", ()) if "$ref" in each), schema)
    if "$ref" not in meant:
        return meant
    found: Json = told["components"]["schemas"][meant["$ref"].rpartition("/")[2]]
    return found


def _says(told: Json, field: Json) -> str:
    return str(field.get("description", ""))


def _type(schema: Json) -> str:
    named: Any = schema.get("type", "object")
    words = [each for each in ([named] if isinstance(named, str) else named) if each != "null"]
    return str(schema.get("format") or "/".join(words))


def _choices(schema: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in schema.get("enum", ()) if each is not None)
