"""Settings of sign-in: how long a session lasts, under which names the portal answers, an agency's own sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  what it means to listen there


class BadSettings(ValueError):  # noqa: N818  says what is wrong
    """A setting is missing or cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class SessionSettings:
    """When a session ends by itself."""

    idle: timedelta = timedelta(minutes=30)
    "without use"
    absolute: timedelta = timedelta(hours=12)
    "however busy"


@dataclass(frozen=True)
class OidcSettings:
    """The agency's own sign-in (OpenID Connect); off without an issuer."""

    issuer: str = ""
    "its address, below which stands /.well-known/openid-configuration"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    claim: str = "preferred_username"
    "of the id token, which holds the username of an account"
    label: str = ""
    "what the button is called"

    @property
    def on(self) -> bool:
        return bool(self.issuer)


def read_session(environ: Mapping[str, str]) -> SessionSettings:
    """`PORTAL_SESSION_IDLE_MINUTES`, `PORTAL_SESSION_HOURS`."""
    idle = _whole(environ, "PORTAL_SESSION_IDLE_MINUTES", 30, 1440)
    return SessionSettings(timedelta(minutes=idle), timedelta(hours=_whole(environ, "PORTAL_SESSION_HOURS", 12, 168)))


def read_oidc(environ: Mapping[str, str]) -> OidcSettings:
    """`PORTAL_OIDC_*`; all or none."""
    issuer = environ.get("PORTAL_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return OidcSettings()
    if not _is_secure(issuer):
        raise BadSettings("PORTAL_OIDC_ISSUER must begin with https:// (http:// only for this machine)")
    client_id = environ.get("PORTAL_OIDC_CLIENT_ID", "")
    if not client_id:
        raise BadSettings("PORTAL_OIDC_CLIENT_ID must be set when PORTAL_OIDC_ISSUER is")
    claim = environ.get("PORTAL_OIDC_CLAIM") or OidcSettings.claim
    secret, label = environ.get("PORTAL_OIDC_CLIENT_SECRET", ""), environ.get("PORTAL_OIDC_LABEL", "")
    return OidcSettings(issuer, client_id, secret, claim, label)


def read_hosts(environ: Mapping[str, str], base_url: str) -> frozenset[str]:
    """The names under which the portal answers; none: any, where it listens everywhere and was told no name.

    That of `PORTAL_BASE_URL`, those of `PORTAL_ALLOWED_HOSTS` (separated by commas), and on one machine all its names.
    """
    own = urlsplit(base_url).hostname or ""
    given = {name.strip().lower() for name in environ.get("PORTAL_ALLOWED_HOSTS", "").split(",") if name.strip()}
    if own in ANYWHERE and not given:
        return frozenset()
    return frozenset({own, *given, *(LOOPBACK if own in LOOPBACK | ANYWHERE else ())})


def _is_secure(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _whole(environ: Mapping[str, str], name: str, otherwise: int, most: int) -> int:
    given = environ.get(name) or str(otherwise)
    if not given.isdecimal() or not 1 <= int(given) <= most:
        raise BadSettings(f"{name} must be a whole number from 1 to {most}")
    return int(given)
