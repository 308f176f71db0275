"""Under which names the portal answers, and from which address a request came.

A request that claims another name gets no page with links to it. Behind proxies of our own the address is the one that
the first of them saw; it is what sign-in is slowed by, and what the audit log keeps.
"""

from typing import cast

from flask import Flask, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import get_host

from portal.config import Settings

ASKED_BY_ADDRESS = frozenset({"/healthz", "/readyz", "/metrics"})
"What a load balancer or Prometheus asks for under whatever name it has for this machine."


def init_app(app: Flask) -> None:
    if proxies := cast(Settings, app.extensions["settings"]).proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
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
