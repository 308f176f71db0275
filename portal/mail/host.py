"""The mail server as seen from one connection: the standard library's SMTP, with a patience that has an end."""

import re
import smtplib
import socket
from functools import cache
from ssl import SSLContext
from time import monotonic

LINE_OF_DOT = re.compile(rb"^\.", re.MULTILINE)


class Host(smtplib.SMTP):
    """A server whose every reply must be complete within `timeout` seconds, however slowly it drips."""

    in_doubt = False
    "whether a message was handed over and no verdict on it has come"
    last_reply: tuple[int, bytes] = (0, b"")

    def __init__(self, server: str, port: int, *, timeout: float) -> None:
        super().__init__(server, port, local_hostname=own_name(), timeout=timeout)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock)  # a file, as far as the standard library reads one
        if self.file is not None:
            self.file.allow(self.timeout)
        try:
            self.last_reply = super().getreply()
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)
        self.in_doubt = self.last_reply[0] == 354
        return self.last_reply

    def sendmail(  # type: ignore[override]  # the options that nobody here gives are left out
        self, from_addr: str, to_addrs: list[str], msg: bytes
    ) -> dict[str, tuple[int, bytes]]:
        """As the standard library's, for bare addresses; where the server takes commands in a group, with fewer waits.

        RFC 2920: MAIL, RCPT and DATA go in one packet. The message itself waits for the answer to DATA.
        """
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("pipelining"):
            return super().sendmail(from_addr, to_addrs, msg)
        size = f" SIZE={len(msg)}" if self.has_extn("size") else ""
        recipients = [f"RCPT TO:<{to}>" for to in to_addrs]
        self.send("\r\n".join([f"MAIL FROM:<{from_addr}>{size}", *recipients, "DATA", ""]))
        sender, *answers = [self._reply_to_group() for _ in range(len(to_addrs) + 2)]
        return self._content(from_addr, sender, dict(zip(to_addrs, answers, strict=False)), answers[-1], msg)

    def _reply_to_group(self) -> tuple[int, bytes]:
        code, words = self.getreply()
        if code == 421:
            self.close()
            raise smtplib.SMTPResponseException(code, words)
        return code, words

    def _content(
        self,
        from_addr: str,
        sender: tuple[int, bytes],
        answers: dict[str, tuple[int, bytes]],
        go_on: tuple[int, bytes],
        msg: bytes,
    ) -> dict[str, tuple[int, bytes]]:
        """The message, if anybody takes it; a server that asks for it although nobody does is given none."""
        refused = {to: answer for to, answer in answers.items() if answer[0] not in {250, 251}}
        wanted = sender[0] == 250 and len(refused) < len(answers)
        if go_on[0] == 354 and not wanted:
            self.send(".\r\n")
            self.getreply()
        if sender[0] != 250:
            raise smtplib.SMTPSenderRefused(*sender, from_addr)
        if not wanted:
            raise smtplib.SMTPRecipientsRefused(refused)
        if go_on[0] != 354:
            raise smtplib.SMTPDataError(*go_on)
        self.in_doubt = True
        self.send(_closed(msg))
        code, words = self.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, words)
        return refused

    def start_over(self) -> None:
        """Forgets a message that was refused, which the standard library does not where DATA itself is refused."""
        if self.sock is None:
            return
        try:
            self.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def _closed(message: bytes) -> bytes:
    """With the lines that begin with a dot doubled, and the dot that ends it; the message ends with a line."""
    quoted = LINE_OF_DOT.sub(b"..", message) if b"\n." in message or message[:1] == b"." else message
    return quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n")


class SecureHost(Host, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, server: str, port: int, *, timeout: float, context: SSLContext) -> None:
        smtplib.SMTP_SSL.__init__(self, server, port, local_hostname=own_name(), timeout=timeout, context=context)


class _Lines:
    """Lines from a socket, until a deadline that bytes which come in do not put off."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.read = b""
        self.deadline = 0.0

    def allow(self, seconds: float) -> None:
        self.deadline = monotonic() + seconds

    def readline(self, limit: int) -> bytes:
        """Up to and with the next line feed, or `limit` bytes, or what there is at the end of the stream."""
        while b"\n" not in self.read and len(self.read) < limit:
            more = self._receive()
            if not more:
                break
            self.read += more
        end = min(self.read.find(b"\n") + 1 or len(self.read), limit)
        line, self.read = self.read[:end], self.read[end:]
        return line

    def close(self) -> None:
        """Nothing to let go of: the socket is the connection's."""

    def _receive(self) -> bytes:
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left)
        return self.sock.recv(8192)


@cache
def own_name() -> str:
    """The name with which this machine introduces itself; looked up once, since a silent name server takes its time."""
    name = socket.getfqdn()
    return name if "." in name else "localhost.localdomain"
