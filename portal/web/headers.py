"""What each answer says to the browser about its own safety, and the id by which a request is found in the logs."""

import re
import secrets

from flask import Flask, Response, current_app, g, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

ONE_YEAR = 31_536_000
REQUEST_ID = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_app(app: Flask) -> None:
    app.before_request(_name_request)
    app.after_request(_add_headers)
    app.after_request(_close_what_is_not_sent)


def request_id() -> str:
    """The id of this request: the one a proxy gave it, or one of our own."""
    if "request_id" not in g:
        given = request.headers.get(REQUEST_ID, "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
    return str(g.request_id)


def _name_request() -> None:
    request_id()


def _add_headers(response: Response) -> Response:
    said = {name.lower() for name, _ in response.headers}
    for name, value in ALWAYS.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    response.headers[REQUEST_ID] = request_id()
    if current_app.extensions["settings"].base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"
    if not _is_static():
        # a page shows cases: nothing of it stays on a shared computer, unless its view knows better
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _close_what_is_not_sent(response: Response) -> Response:
    """A file of which only the headers go out is closed now; nobody else would before it is collected."""
    if response.status_code == 304 or request.method == "HEAD":
        response.close()
    return response


def _is_static() -> bool:
    return (request.endpoint or "").rpartition(".")[2] == "static"
