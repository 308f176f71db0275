"""How the portal is watched: the token of its figures, and the form of its log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.sign_in_settings import BadSettings

JSON, TEXT = "json", "text"
SHORTEST_TOKEN = 24


@dataclass(frozen=True)
class WatchSettings:
    """What administrators and their machines see of it."""

    metrics_token: str | None = field(default=None, repr=False)
    "with which Prometheus reads /metrics; None: the address is not there"
    log: str = TEXT
    "how the log is written: text, for people, or json, an object a line"


def read_watch(environ: Mapping[str, str]) -> WatchSettings:
    """From `PORTAL_METRICS_TOKEN` and `PORTAL_LOG`."""
    token, log = environ.get("PORTAL_METRICS_TOKEN") or None, environ.get("PORTAL_LOG") or TEXT
    if token and len(token) < SHORTEST_TOKEN:
        raise BadSettings(f"PORTAL_METRICS_TOKEN is too short: give at least {SHORTEST_TOKEN} characters")
    if log not in {TEXT, JSON}:
        raise BadSettings("PORTAL_LOG must be text or json")
    return WatchSettings(token, log)
