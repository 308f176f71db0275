"""A receiver of web hooks on loopback: a real HTTP server that takes, refuses, hangs, drips, redirects or changes its certificate."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
TAKEN: Answer = (204, {}, b"")


@dataclass(frozen=True)
class Arrived:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Answers as `answers` says for an event, and keeps what came; `taken` is what it said yes to, in order."""

    answers: Callable[[Any], Answer] = lambda _event: TAKEN
    hang: float = 0.0
    "seconds before it answers anything"
    drip: float = 0.0
    "seconds between two bytes of its answer"
    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def taken(self) -> list[Arrived]:
        return [each for each in self.arrived if 200 <= each.answered < 300]

    def of(self, about: str) -> list[str]:
        """The types of what was taken about a ticket, in order."""
        return [each.event["type"] for each in self.taken if each.event["data"].get("ticket") == about]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, words = self.receiver.answers(json.loads(body))
        came = Arrived(self.path, {name.lower(): value for name, value in self.headers.items()}, body, status)
        self.receiver.arrived.append(came)
        if self.receiver.hang:
            time.sleep(self.receiver.hang)
        if self.receiver.drip:
            self._drip()
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(words))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(words)

    def _drip(self) -> None:
        try:
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1_000:
                self.wfile.write(bytes([letter]))
                self.wfile.flush()
                time.sleep(self.receiver.drip)
        except OSError:
            pass

    def log_message(self, *_words: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_args: Any) -> None:
        """A sender that went away, or did not trust us."""


@contextmanager
def receiving(receiver: Receiver | None = None, tls: SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    """The receiver while it runs, on a free port or on the one it had before."""
    receiver = receiver or Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with _Server(("127.0.0.1", port), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
