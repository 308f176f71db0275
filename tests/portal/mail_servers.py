"""Mail servers on loopback: one that takes what it is given, and one that goes wrong where it is told to."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "dot")
REPLIES = {
    "connect": "220 ready",
    "ehlo": "250 hello",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 taken",
}


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@dataclass
class Sink:
    """Takes every message, unless `replies` has another answer to an address, `dot` to the message or `sender` to MAIL."""

    replies: dict[str, str] = field(default_factory=dict)
    dot: str = "250 2.0.0 Ok: queued as 4F2A"
    sender: str = ""
    messages: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]).strip("<>") for message in self.messages]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        self.connections += not session.host_name
        session.host_name = hostname
        return replies

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.dot.startswith("2"):
            self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
            assert isinstance(envelope.content, bytes)
            self.messages.append(parsed(envelope.content))
        return self.dot


@contextmanager
def sink(tls: SSLContext | None = None, **options: Any) -> Iterator[Sink]:
    """A server that runs for the length of the block; with `tls` it offers STARTTLS and insists on it."""
    handler = Sink(**options)
    encrypted: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **encrypted)
    controller.start()
    handler.port = controller.port
    try:
        yield handler
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Faulty(socketserver.ThreadingTCPServer):
    """Goes wrong at `stage`: `hang` (accepts and says nothing), `drop`, `drip` (a byte now and then), or a reply of its own.

    `healthy` messages of a connection are taken first. `reached` is set when the fault begins. With `pipelining` it
    takes commands in groups, RFC 2920.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, stage: str, fault: str, healthy: int = 0, *, pipelining: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.stage, self.fault, self.healthy, self.pipelining = stage, fault, healthy, pipelining
        self.port = int(self.server_address[1])
        self.connections = 0
        self.messages: list[EmailMessage] = []
        self.reached = threading.Event()
        self.over = threading.Event()

    @property
    def ids(self) -> list[str]:
        """Of all that was handed over, whatever the answer."""
        return [str(message["Message-ID"]).strip("<>") for message in self.messages]


class _Conversation(socketserver.StreamRequestHandler):
    server: Faulty

    def handle(self) -> None:
        self.server.connections += 1
        self.taken = 0
        try:
            self.converse()
        except (OSError, EOFError):
            return

    def converse(self) -> None:
        self.answer("connect")
        while line := self.rfile.readline():
            word = line[:4].decode().strip().lower()
            if word in {"quit", "rset"}:
                self.say("250 ok")
            elif word in STAGES:
                self.answer(word)
            elif word == "helo":
                self.answer("ehlo")
            if word == "data" and (self.server.stage != "data" or self.taken < self.server.healthy):
                self.take()

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        self.server.messages.append(parsed(b"".join(lines)))
        self.answer("dot")
        self.taken += 1

    def answer(self, stage: str) -> None:
        if stage != self.server.stage or self.taken < self.server.healthy:
            grouped = stage == "ehlo" and self.server.pipelining
            return self.say("250-hello\r\n250 PIPELINING" if grouped else REPLIES[stage])
        self.server.reached.set()
        if self.server.fault == "hang":
            self.server.over.wait(30)
        if self.server.fault == "drip":
            while not self.server.over.wait(0.1):
                self.wfile.write(b"2")
        if not self.server.fault[0].isdigit():
            raise EOFError
        return self.say(self.server.fault)

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


@contextmanager
def faulty(stage: str, fault: str, healthy: int = 0, *, pipelining: bool = False) -> Iterator[Faulty]:
    """A `Faulty` server for the length of the block."""
    server = Faulty(stage, fault, healthy, pipelining=pipelining)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
