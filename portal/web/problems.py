"""Errors of the API as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, json

from portal.errors import Text

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: Text, fields: Mapping[str, Text] | None = None) -> Response:
    """`{type, title, status, detail}`, and `errors: [{field, detail}]` where fields are wrong.

    The type is `about:blank`, which RFC 9457 gives to a problem that its status names; the title is that name.
    """
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
    }
    if fields:
        body["errors"] = [{"field": field, "detail": str(message)} for field, message in fields.items()]
    return Response(json.dumps(body), status, content_type=MEDIA_TYPE)
