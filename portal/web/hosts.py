"""Under which names the portal answers: a request that claims another one gets no page with links to it."""

from typing import cast

from flask import Flask, abort, current_app, request
from werkzeug.sansio.utils import get_host

from portal.config import Settings

ASKED_BY_ADDRESS = frozenset({"/healthz", "/readyz"})
"What a load balancer asks for under whatever name it has for this machine."


def init_app(app: Flask) -> None:
    app.before_request(_check_host)


def _check_host() -> None:
    hosts = cast(Settings, current_app.extensions["settings"]).hosts
    if hosts and request.path not in ASKED_BY_ADDRESS and _name(request.headers.get("Host", "")) not in hosts:
        abort(400)


def _name(host: str) -> str:
    """Without the port, in small letters; `[::1]:8000` is `::1`."""
    name = get_host("http", host).lower()
    bare = name.partition("]")[0] if name.startswith("[") else name.rpartition(":")[0] or name
    return bare.removeprefix("[")
