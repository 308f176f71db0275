"""Errors of the API as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, json

from portal.errors import Text

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: Text, fields: Mapping[str, Text] | None = None) -> Response:
    """The problem as an answer."""
    return Response(json.dumps(told_as(status, detail, fields)), status, content_type=MEDIA_TYPE)


def told_as(status: int, detail: Text, fields: Mapping[str, Text] | None = None) -> dict[str, Any]:
    """`{type, title, status, detail}`, and `errors: [{field, detail}]` where fields are wrong.

    The type is `about:blank`, which RFC 9457 gives to a problem that its status names; the title is that name.
    """
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
    }
    if fields:
        body["errors"] = [{"field": field, "detail": str(message)} for field, message in fields.items()]
    return body
