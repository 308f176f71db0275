"""One attempt at one event: the receiver's address looked up and judged, and the event posted to exactly that one."""

import http.client
import logging
import socket
import ssl
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from portal.mail.message import CONTROL
from portal.webhook_settings import WebhookSettings
from portal.webhooks.networks import in_settings, is_allowed
from portal.webhooks.signature import signed
from portal.webhooks.verdict import Fate, Verdict, of_status

AGENT = "Duijie-Webhooks/1"
READ, LONGEST_WORDS = 2_000, 300
"Of an answer: bytes that are read, and characters that are kept."

log = logging.getLogger(__name__)


class Forbidden(Exception):  # noqa: N818  says what the address is
    """The portal does not talk to this address."""


class Dispatch:
    """Posts events; holds what all attempts have in common. It may be used by several threads at once."""

    def __init__(self, settings: WebhookSettings) -> None:
        self.settings = settings
        self.tls = ssl.create_default_context(cafile=settings.ca_file)

    def attempt(self, url: str, secret: str, event_id: str, body: str, at: datetime) -> Verdict:
        """What became of it; raises nothing, since one receiver must not hold up the others."""
        try:
            return self._posted(urlsplit(url), signed(secret, event_id, at, body.encode()), body.encode())
        except Forbidden as fault:
            return Verdict(Fate.UNREACHABLE, str(fault))
        except ssl.SSLError as error:
            return Verdict(Fate.UNREACHABLE, one_line(f"TLS: {getattr(error, 'verify_message', '') or error}"))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Verdict(Fate.UNREACHABLE, one_line(str(error) or type(error).__name__))
        except Exception as error:  # a fault of ours is told like any other, and the event is not lost
            log.exception("an event could not be posted")
            return Verdict(Fate.UNREACHABLE, type(error).__name__)

    def _posted(self, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Verdict:
        connection = self._connection(url)
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        with _cut_after(self.settings.timeout, connection):
            connection.request("POST", path, body, {**headers, "Content-Type": "application/json", "User-Agent": AGENT})
            answer = connection.getresponse()
            words = answer.read(READ).decode("utf-8", "replace")
        return of_status(answer.status, one_line(words))

    def _connection(self, url: SplitResult) -> "_Pinned":
        host, secure = (url.hostname or "").encode("idna").decode(), url.scheme == "https"
        port = url.port or (443 if secure else 80)
        address = self._address(host, port)
        if not secure and not in_settings(address, self.settings.networks):
            raise Forbidden(f"{address}: without https only addresses of PORTAL_WEBHOOK_NETWORKS are talked to")
        return _Pinned(host, port, address, self.settings.timeout, self.tls if secure else None)

    def _address(self, host: str, port: int) -> str:
        """The address to connect to; Forbidden if any of those that the name has is not one of the world."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not is_allowed(address, self.settings.networks):
                raise Forbidden(f"{address}: a private address, and PORTAL_WEBHOOK_NETWORKS does not allow it")
        return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the name would lead to by now; the certificate must be the name's."""

    def __init__(self, host: str, port: int, address: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        self.default_port = 443 if tls else 80  # so that the header Host tells no port in vain
        super().__init__(host, port, timeout=timeout)
        self.address, self.tls = address, tls

    def connect(self) -> None:
        self.sock: Any = socket.create_connection((self.address, self.port), self.timeout)
        if self.tls is not None:
            self.sock = self.tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()


@contextmanager
def _cut_after(seconds: float, connection: _Pinned) -> Any:
    """The whole exchange has an end, however slowly the other side drips."""
    late: list[bool] = []

    def cut() -> None:
        late.append(True)
        if connection.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late or isinstance(error, TimeoutError):
            raise TimeoutError(f"no answer within {seconds:g} seconds") from error
        raise
    finally:
        timer.cancel()
        connection.close()


def one_line(words: str) -> str:
    """What a receiver said, short and without what could deceive a reader."""
    return " ".join(CONTROL.sub(" ", words).split())[:LONGEST_WORDS]
