"""An agency's own sign-in (OpenID Connect): the authorization code with PKCE, and an id token that is verified.

Who may sign in is decided here, by the accounts that there are; the provider only says who somebody is.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.sign_in_settings import LOOPBACK, OidcSettings

ALGORITHMS = ["RS256", "PS256", "ES256"]
"Signatures by a key of the provider's alone: neither none nor a shared secret."
TIMEOUT, MOST_BYTES, LEEWAY = 5.0, 1_000_000, 60


class Untrusted(Exception):  # noqa: N818  what the answer is
    """The provider did not answer, or what it said cannot be believed; the text is for the log."""


@dataclass(frozen=True)
class Question:
    """What one attempt is known by: kept in the browser's session, good for one answer."""

    state: str
    nonce: str
    verifier: str


def new_question() -> Question:
    return Question(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def address_of(settings: OidcSettings, question: Question, back: str) -> str:
    """Where the browser goes to be asked who it is."""
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": back,
        "scope": "openid profile email",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": create_s256_code_challenge(question.verifier),
        "code_challenge_method": "S256",
    }
    endpoint = _discovered(settings, "authorization_endpoint")
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def claims_of(settings: OidcSettings, question: Question, code: str, back: str, at: datetime) -> Mapping[str, Any]:
    """The claims of the id token that the code is worth, verified; raises Untrusted."""
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": question.verifier,
             "client_id": settings.client_id}  # fmt: skip
    answer = _json(_discovered(settings, "token_endpoint"), urlencode(given).encode(), _basic(settings))
    keys = _json(_discovered(settings, "jwks_uri"))
    try:
        token = jwt.decode(str(answer.get("id_token") or ""), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        options = {"iss": {"value": settings.issuer}, "aud": {"value": settings.client_id}}
        params = {"nonce": question.nonce, "client_id": settings.client_id}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=int(at.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Untrusted(f"the id token is refused: {error}") from error
    return dict(claims)


def _discovered(settings: OidcSettings, name: str) -> str:
    """An endpoint of the provider, as it says itself (OpenID Connect Discovery 1.0, 4)."""
    found = _json(f"{settings.issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != settings.issuer:
        raise Untrusted("the provider calls itself by another name than PORTAL_OIDC_ISSUER")
    return _checked(str(found.get(name) or ""))


def _json(url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    request = Request(_checked(url), data, {"Accept": "application/json", **(headers or {})})  # noqa: S310  checked
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as answer:
            found = json.loads(answer.read(MOST_BYTES))
    except (URLError, OSError, ValueError) as error:
        raise Untrusted(f"{urlsplit(url).hostname} does not answer: {error}") from error
    if not isinstance(found, dict):
        raise Untrusted(f"{urlsplit(url).hostname} answers with no object")
    return found


def _checked(url: str) -> str:
    """Over TLS, or on this machine; nothing else is opened, whatever the provider says."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise Untrusted(f"this address of the provider is not opened: {url!r}")


def _basic(settings: OidcSettings) -> dict[str, str]:
    """The client's own secret (RFC 6749, 2.3.1); a public client has none, and PKCE alone."""
    if not settings.client_secret:
        return {}
    pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


class _NoRedirect(HTTPRedirectHandler):
    """A provider that sends elsewhere is not followed."""

    def redirect_request(self, *_args: Any, **_others: Any) -> None:
        return None
