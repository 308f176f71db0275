"""A provider of OpenID Connect that runs in the tests: real HTTP, real signatures, and wrong answers when asked for."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "duijie", "the client's secret"


@dataclass
class Provider:
    """Who signs in next, and what is wrong about it."""

    issuer: str = ""
    username: str = "zhang"
    now: int = 0
    wrong: dict[str, Any] = field(default_factory=dict)
    "claims that are not as they should be"
    signer: str = "own"
    "own, another key, or none"
    called_itself: str | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    "what was asked for each code; a code is good once"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "own"}))

    def agree(self, address: str) -> str:
        """The officer agrees at the provider: the code of the answer."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return code

    def token(self, given: dict[str, str], credentials: str) -> dict[str, str] | None:
        asked = self.asked.pop(given.get("code", ""), None)
        pair = base64.b64encode(f"{CLIENT}:the%20client%27s%20secret".encode()).decode()
        if asked is None or credentials != f"Basic {pair}" or given.get("redirect_uri") != asked["redirect_uri"]:
            return None
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        claims = {"iss": self.issuer, "sub": "1", "aud": CLIENT, "iat": self.now, "exp": self.now + 300,
                  "nonce": asked["nonce"], "preferred_username": self.username, **self.wrong}  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        if self.signer == "none":
            head, body = ({"alg": "none"}, claims)
            return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, body)) + "."
        if self.signer == "shared secret":
            return jwt.encode({"alg": "HS256", "kid": "own"}, claims, OctKey.import_key(self.key.as_pem(private=False)))
        key = self.key if self.signer == "own" else RSAKey.generate_key(2048, {"kid": "own"})
        return jwt.encode({"alg": "RS256", "kid": "own"}, claims, key)

    def configuration(self) -> dict[str, str]:
        return {"issuer": self.called_itself or self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys"}  # fmt: skip


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    """The provider at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages: dict[str, Any] = {
                "/.well-known/openid-configuration": provider.configuration(),
                "/keys": KeySet([provider.key]).as_dict(private=False),
            }
            self.answer(pages.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(provider.token(given, self.headers.get("Authorization", "")) if self.path == "/token" else None)

        def answer(self, found: Any) -> None:
            content = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(200 if found else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
