"""`/api/docs`: the description of the interface as a page, with commands to be copied."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from portal.api.openapi import Json, specification
from portal.web.access import public

bp = Blueprint("api_docs", __name__, url_prefix="/api")

GROUPS = ("units", "procedures", "tickets", "tasks")
DEEPEST = 3


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


@bp.get("/docs")
@public
def page() -> str:
    told = specification()
    calls: dict[str, list[Call]] = {group: [] for group in GROUPS}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            calls[operation["tags"][0]].append(_call(told, path, method, operation))
    return render_template("api/docs.html", calls=calls, told=told)


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
        takes=_fields(told, operation.get("requestBody", {})),
        answers=_fields(told, answer),
        status=status,
        curl=_curl(told["servers"][0]["url"], path, method, operation),
    )


def _curl(base: str, path: str, method: str, operation: Json) -> str:
    """A command that can be copied as it is; the token stands in a variable of the shell."""
    parameters = operation["parameters"]
    for each in parameters:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
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
