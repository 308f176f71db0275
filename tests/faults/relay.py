"""What lies between a worker and the mail server: it can be cut, in the middle of whatever is said."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.portal.mail_servers import free_port


class Relay:
    """Passes bytes on to `target`; while it is cut, what was open is closed and nobody gets in."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.open: set[socket.socket] = set()
        self.listener: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        for each in (self.listener, *self.open):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self.open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                asks, _address = listener.accept()
                answers = socket.create_connection(("127.0.0.1", self.target))
                self.open |= {asks, answers}
                for one, other in ((asks, answers), (answers, asks)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        for each in (one, other):
            self.open.discard(each)
            each.close()


@contextmanager
def relay(target: int) -> Iterator[Relay]:
    """For the length of the block."""
    made = Relay(target)
    try:
        yield made
    finally:
        made.cut()
