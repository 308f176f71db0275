"""An example for integrators, the standard library alone: open a ticket, follow it, take web hooks that are ours.

    export DUIJIE_URL=http://127.0.0.1:8000 DUIJIE_TOKEN=dj_…
    python docs/example_client.py open --registry 220681000000 --message '请核对底档。' --key SL-2016-0042
    python docs/example_client.py show XB2016-000001-7

    export DUIJIE_SECRET=whsec_…
    python docs/example_client.py listen --port 8100
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOLERANCE = 5 * 60
"Seconds by which the clocks of both sides may differ; what is older was recorded by somebody and sent again."
ATTEMPTS = 5


class Refused(Exception):  # noqa: N818  an answer, not a fault of the program
    """The portal said no; the text is its problem details, field by field."""


class Duijie:
    """The portal, with a token of one unit."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token

    def open_ticket(self, key: str, **given: Any) -> Any:
        """A ticket. The key is the case's own number: sent again after a broken connection, it opens no second one."""
        return self.call("POST", "/tickets", given, key)

    def ticket(self, number: str) -> Any:
        return self.call("GET", f"/tickets/{number}")

    def subscribe(self, label: str, url: str, events: list[str]) -> Any:
        """A web hook; keep its `secret`, which is told this once."""
        return self.call("POST", "/webhooks", {"label": label, "url": url, "events": events})

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """The answer; tried again where none came or the portal asks to wait. Raises Refused."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(self._request(method, path, body, key), timeout=30) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 429 and error.code < 500:
                    raise Refused(_told(json.load(error))) from None
                time.sleep(int(error.headers.get("Retry-After", 2**attempt)))
            except OSError:
                if (method == "POST" and key is None) or attempt == ATTEMPTS:
                    raise  # without a key nobody knows whether it was done
                time.sleep(2**attempt)
        raise Refused("the portal did not answer")

    def _request(self, method: str, path: str, body: Any, key: str | None) -> urllib.request.Request:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        if method == "POST":
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        content = json.dumps(body or {}).encode() if method == "POST" else None
        return urllib.request.Request(f"{self.url}/api/v1{path}", content, headers, method=method)  # noqa: S310


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> Any:
    """The event, if the portal signed exactly this and lately; ValueError if not. Header names in lower case."""
    event_id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256)
    right = "v1," + base64.b64encode(digest).decode()
    if not any(hmac.compare_digest(right, given) for given in headers.get("webhook-signature", "").split()):
        raise ValueError("the signature is not the portal's")
    if abs((time.time() if now is None else now) - int(seconds)) > TOLERANCE:
        raise ValueError("the event is too old, or comes from the future")
    return json.loads(body)


def listen(secret: str, port: int) -> None:
    """Take web hooks and print each event once, for ever."""
    seen: set[str] = set()  # a real system keeps the ids in its database, with what it did about the event

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                event = verified(secret, headers, body)
            except ValueError as fault:
                self.send_error(401, str(fault))
                return
            if headers["webhook-id"] not in seen:
                seen.add(headers["webhook-id"])
                print(event["type"], event["data"].get("ticket", ""), flush=True)  # noqa: T201
            self.send_response(204)  # only now: what is not answered with 2xx comes again
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Nothing but the events."""

    with HTTPServer(("127.0.0.1", port), Receiver) as server:
        server.serve_forever()


def main() -> int:
    arguments = _arguments()
    if arguments.command == "listen":
        listen(os.environ["DUIJIE_SECRET"], arguments.port)
    portal = Duijie(os.environ["DUIJIE_URL"], os.environ["DUIJIE_TOKEN"])
    try:
        told = _do(portal, arguments)
    except Refused as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps(told, ensure_ascii=False, indent=2))  # noqa: T201
    return 0


def _do(portal: Duijie, given: argparse.Namespace) -> Any:
    if given.command == "show":
        return portal.ticket(given.number)
    if given.command == "subscribe":
        return portal.subscribe(given.label, given.url, given.event)
    return portal.open_ticket(given.key, procedure=given.procedure, registry=given.registry, message=given.message,
                              reference=given.key)  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    opening = commands.add_parser("open", help="open a ticket")
    opening.add_argument("--procedure", default="enquiry")
    opening.add_argument("--registry", required=True, help="code of the unit that keeps the register")
    opening.add_argument("--message", required=True)
    opening.add_argument("--key", required=True, help="the number in your own system")
    commands.add_parser("show", help="a ticket as it is now").add_argument("number")
    subscribing = commands.add_parser("subscribe", help="be told what happens")
    subscribing.add_argument("--label", required=True)
    subscribing.add_argument("--url", required=True)
    subscribing.add_argument("--event", action="append", default=[])
    commands.add_parser("listen", help="take web hooks").add_argument("--port", type=int, default=8100)
    return parser.parse_args()


def _told(problem: Any) -> str:
    fields = [f"  {each['field']}: {each['detail']}" for each in problem.get("errors", ())]
    return "\n".join([f"{problem['status']}: {problem['detail']}", *fields])


if __name__ == "__main__":
    sys.exit(main())
