"""The connection to the mail server: Flask-Mail's, with what that one lacks.

Time-outs on every exchange, verified TLS, one connection for many messages that is opened when first needed and again
when the server has ended it, refused recipients that are noticed, and the difference between *not taken* and *perhaps*.
"""

import base64
import smtplib
import ssl
from types import TracebackType
from typing import Any, NoReturn, Self

import flask_mail

from portal.config import MailSettings
from portal.mail.host import Host, SecureHost
from portal.mail.message import Message
from portal.mail.signing import Signer
from portal.mail.verdict import Stage

WORDS = 400
"Characters of a server's answer that are kept."


class Unreachable(Exception):  # noqa: N818  what it is
    """No connection that could carry a mail: nobody answers, or TLS or the sign-in failed."""


class Broken(Exception):  # noqa: N818
    """The connection ended, or the server fell silent, over one message."""

    def __init__(self, words: str, *, in_doubt: bool, silent: bool) -> None:
        super().__init__(words)
        self.in_doubt = in_doubt
        "whether the server may have taken the message"
        self.silent = silent
        "whether it was waited for in vain"


class Refused(Exception):  # noqa: N818
    """The server's no to one message."""

    def __init__(self, stage: Stage, code: int, words: str) -> None:
        super().__init__(words)
        self.stage = stage
        self.code = code


class PartlyRefused(Exception):  # noqa: N818
    """The server took the message, but not for those in `refused`: address to words."""

    def __init__(self, refused: dict[str, str]) -> None:
        super().__init__("; ".join(f"{address}: {words}" for address, words in refused.items()))
        self.refused = refused


class Connection(flask_mail.Connection):
    """Carries many messages; as a context it says goodbye at the end. It opens when the first message is sent."""

    host: Host | None

    def __init__(self, settings: MailSettings, signer: Signer | None = None) -> None:
        state = flask_mail.Mail().init_mail(_in_words_of_flask_mail(settings))
        super().__init__(state)  # type: ignore[arg-type]  # annotated as the extension, given its state
        self.timeout = settings.timeout
        self.signer = signer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.disconnect()

    def send(self, message: Message, envelope_from: str | None = None) -> str:  # type: ignore[override]
        """Sends one message and returns the server's words.

        Raises Unreachable, Broken, Refused, PartlyRefused or BadHeaderError. A connection that the server has ended
        since the message before is opened anew, once, without a word.
        """
        if message.has_bad_headers():
            raise flask_mail.BadHeaderError
        used = self.num_emails > 0
        try:
            return self._send(message, envelope_from)
        except Broken as error:
            if error.in_doubt or error.silent or not used:
                raise
        except Refused as error:
            if error.code != 421 or not used:
                raise
        return self._send(message, envelope_from)

    def configure_host(self) -> Host:
        """A connection that is greeted, encrypted and signed in as the settings say; raises Unreachable."""
        host: Host | None = None
        try:
            host = self._dial()
            self._introduce(host)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if host is not None:
                host.close()
            raise Unreachable(self._words(error)) from error
        return host

    def disconnect(self) -> None:
        """Says goodbye if anybody still listens."""
        host, self.host, self.num_emails = self.host, None, 0
        if host is None or host.sock is None:
            return
        try:
            host.quit()
        except (smtplib.SMTPException, OSError):
            host.close()

    def _dial(self) -> Host:
        server, port = self.mail.server, self.mail.port or 0
        if self.mail.use_ssl:
            return SecureHost(server, port, timeout=self.timeout, context=ssl.create_default_context())
        return Host(server, port, timeout=self.timeout)

    def _introduce(self, host: Host) -> None:
        host.ehlo_or_helo_if_needed()
        if self.mail.use_tls:
            host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)

    def _connected(self) -> Host:
        if self.host is None or self.host.sock is None:
            self.host, self.num_emails = None, 0
            self.host = self.configure_host()
        return self.host

    def _send(self, message: Message, envelope_from: str | None) -> str:
        content = self.signer.sign(message.as_bytes()) if self.signer else message.as_bytes()
        host = self._connected()
        host.in_doubt = False
        sender, recipients = envelope_from or str(message.sender), [str(to) for to in message.recipients]
        try:
            refused = host.sendmail(sender, recipients, content)
        except (smtplib.SMTPException, OSError) as error:
            self._fail(host, error)
        self.num_emails += 1
        if refused:
            raise PartlyRefused({address: self._reply(*answer) for address, answer in refused.items()})
        return self._reply(*host.last_reply)

    def _fail(self, host: Host, error: Exception) -> NoReturn:
        match error:
            case smtplib.SMTPSenderRefused():
                self._refuse(host, Stage.SENDER, error.smtp_code, error.smtp_error, error)
            case smtplib.SMTPRecipientsRefused():
                self._refuse(host, Stage.RECIPIENT, *next(iter(error.recipients.values())), error)
            case smtplib.SMTPDataError():
                self._refuse(host, Stage.MESSAGE, error.smtp_code, error.smtp_error, error)
        host.close()
        silent = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        raise Broken(self._words(error), in_doubt=host.in_doubt, silent=silent) from error

    def _refuse(self, host: Host, stage: Stage, code: int, reply: bytes | str, error: Exception) -> NoReturn:
        host.start_over()
        raise Refused(stage, code, self._reply(code, reply)) from error

    def _words(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            return self._reply(error.smtp_code, error.smtp_error)
        return self._clean(f"{type(error).__name__}: {error}")

    def _reply(self, code: int, reply: bytes | str) -> str:
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        return self._clean(f"{code} {text}")

    def _clean(self, words: str) -> str:
        """On one line, not too long, and without what we signed in with, should the server repeat it."""
        for secret in self._secrets():
            words = words.replace(secret, "…")
        return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:WORDS]

    def _secrets(self) -> list[str]:
        if not self.mail.password:
            return []
        name, password = self.mail.username or "", self.mail.password
        plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        return [plain, base64.b64encode(password.encode()).decode(), password]


def _in_words_of_flask_mail(settings: MailSettings) -> dict[str, Any]:
    return {
        "MAIL_SERVER": settings.server,
        "MAIL_PORT": settings.port,
        "MAIL_USERNAME": settings.username,
        "MAIL_PASSWORD": settings.password,
        "MAIL_USE_TLS": settings.use_tls,
        "MAIL_USE_SSL": settings.use_ssl,
        "MAIL_DEFAULT_SENDER": settings.default_sender,
    }
