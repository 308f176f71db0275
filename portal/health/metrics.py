"""`/metrics` for Prometheus: there only where a token is set, and answered only to who has it."""

import secrets
from collections.abc import Iterator

from flask import Flask, Response, abort, current_app, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from portal.clock import now
from portal.config import Settings
from portal.extensions import db
from portal.health import measuring
from portal.health.scraping import Figure, figures
from portal.web.access import public


def init_app(app: Flask) -> None:
    """Without a token nothing is counted, and the address is not there."""
    if app.extensions["settings"].watch.metrics_token:
        measuring.init_app(app)
        app.add_url_rule("/metrics", "health.metrics", public(_metrics))


def _metrics() -> Response:
    settings: Settings = current_app.extensions["settings"]
    if not _bears(settings.watch.metrics_token or ""):
        abort(401)
    told = CollectorRegistry()
    told.register(_Figures(settings))
    body = generate_latest(measuring.requests_counted()) + generate_latest(told)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def _bears(token: str) -> bool:
    """Compared in a time that tells nothing of the token."""
    given = request.headers.get("Authorization", "")
    return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())


class _Figures(Collector):
    """Asked once for each answer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: to be registered must ask nothing of the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for figure in figures(db.session, self.settings, now()):
            yield _family(figure)


def _family(figure: Figure) -> GaugeMetricFamily:
    family = GaugeMetricFamily(figure.name, figure.says, labels=[figure.label] if figure.label else [])
    for value, count in figure.values.items():
        family.add_metric([value] if figure.label else [], count)
    return family
