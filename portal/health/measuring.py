"""How long requests took, counted by all processes of a web server together.

The library keeps the figures of each process in a file of `PROMETHEUS_MULTIPROC_DIR`, which `portal.serving` makes
before the first of them starts.
"""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = "duijie_request_seconds"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"Seconds; a page is promised within a quarter of one."

SECONDS = Histogram(REQUESTS, "How long requests took.", ["endpoint", "status"], buckets=BUCKETS)


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def requests_counted() -> CollectorRegistry:
    """Of every process of this web server, the dead ones too, so that no count ever falls."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _begin() -> None:
    g.began_at = time.perf_counter()


def _end(response: Response) -> Response:
    """By endpoint, never by address: an address may hold what somebody typed."""
    if "began_at" in g:
        taken = time.perf_counter() - g.began_at
        SECONDS.labels(request.endpoint or "none", response.status_code).observe(taken)
    return response
