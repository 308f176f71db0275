"""From a row of the outbox to the message that travels, and the header fields that a name or an address can break."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Self

import flask_mail

from portal.mail.models import OutboxMail

POLICY = compat32.clone(linesep="\r\n")
NAME_AND_ADDRESS = re.compile(r"\s*(.*?)\s*<\s*([^<>]+?)\s*>\s*", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
NOT_IN_ADDRESS = re.compile(r"[\s<>,;:\\\"()\[\]]")
CONTENT_LANGUAGES = {"zh": "zh-CN", "en": "en"}


class UnusableAddress(ValueError):  # noqa: N818  what it is
    """No mail can be written to or from this address."""


@dataclass(frozen=True)
class Mailbox:
    """A name, possibly empty, and an address."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `address` or `name <address>`; the name may hold commas and be quoted or not."""
        found = NAME_AND_ADDRESS.fullmatch(text)
        if found is None:
            return cls("", text.strip())
        return cls(found[1].removeprefix('"').removesuffix('"'), found[2])

    @property
    def domain(self) -> str:
        """The part after the `@`, in ASCII."""
        return self.ascii_address.rpartition("@")[2]

    @property
    def ascii_address(self) -> str:
        """The address as the envelope has it; raises UnusableAddress."""
        local, at, domain = self.address.rpartition("@")
        try:
            plain = f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
        except UnicodeError as error:
            raise UnusableAddress(f"not an address that mail servers take: {self.address!r}") from error
        if not (local and at and domain) or CONTROL.search(plain) or NOT_IN_ADDRESS.search(plain):
            raise UnusableAddress(f"not an address: {self.address!r}")
        return plain

    @property
    def fault(self) -> str | None:
        """Why no mail can be written with this address; None if one can."""
        try:
            self.ascii_address  # noqa: B018  asked for what it raises
        except UnusableAddress as error:
            return str(error)
        return None

    def header(self, field: str) -> Header:
        """The value of `field`: quoted where it is ASCII, in encoded words where it is not."""
        name = CONTROL.sub(" ", self.name).strip()
        if name.isascii() and "=?" not in name:
            return Header(formataddr((name, self.ascii_address)), header_name=field)
        header = Header(name, "utf-8", header_name=field)
        header.append(f"<{self.ascii_address}>", "us-ascii")
        return header


class Message(flask_mail.Message):
    """A Flask-Mail message whose headers come out right: sender with a comma, recipients in order, long Chinese names.

    Text and HTML are alternatives of each other, in UTF-8, base64: nothing on the way needs to be 8-bit clean.
    """

    def __init__(
        self,
        sender: Mailbox,
        to: Sequence[Mailbox],
        *,
        message_id: str,
        written_at: datetime,
        subject: str,
        body: str,
        html: str,
        extra_headers: dict[str, str] | None = None,
    ) -> None:
        """`message_id` without angle brackets; raises UnusableAddress."""
        addresses: list[str | tuple[str, str]] = [mailbox.ascii_address for mailbox in to]
        super().__init__(
            subject, addresses, body=body, html=html, sender=sender.ascii_address, extra_headers=extra_headers
        )
        self.msgId = f"<{message_id}>"
        self.written_at = written_at
        self.from_mailbox = sender
        self.to_mailboxes = to

    def has_bad_headers(self) -> bool:
        """Whether any value would begin a header of its own."""
        extra = self.extra_headers or {}
        return any(CONTROL.search(value) for value in (self.subject, self.msgId, *extra.keys(), *extra.values()))

    def _message(self) -> MIMEBase:
        message = MIMEMultipart("alternative", policy=POLICY)
        for field, value in self._fields().items():
            message[field] = value  # type: ignore[assignment]  # the standard library's own Header, too
        message.attach(_part(self.body or "", "plain"))
        message.attach(_part(self.html or "", "html"))
        return message

    def _fields(self) -> dict[str, str | Header]:
        return {
            "From": self.from_mailbox.header("From"),
            "To": self._recipients_header(),
            "Subject": Header(self.subject, "us-ascii" if self.subject.isascii() else "utf-8", header_name="Subject"),
            "Date": format_datetime(self.written_at),
            "Message-ID": self.msgId,
            **(self.extra_headers or {}),
        }

    def _recipients_header(self) -> str | Header:
        if len(self.to_mailboxes) == 1:
            return self.to_mailboxes[0].header("To")
        return ", ".join(to.header("To").encode(maxlinelen=0) for to in self.to_mailboxes)


def message_of(mail: OutboxMail, sender: Mailbox) -> Message:
    """The message of a row, the same at every attempt; raises UnusableAddress."""
    return Message(
        sender,
        [Mailbox(mail.to_name, mail.to_address)],
        message_id=mail.message_id,
        written_at=mail.created_at,
        subject=mail.subject,
        body=mail.body_text,
        html=mail.body_html,
        extra_headers={**mail.headers, "Content-Language": CONTENT_LANGUAGES.get(mail.language, "zh-CN")},
    )


def _part(text: str, subtype: str) -> MIMEText:
    charset = Charset("utf-8")
    charset.body_encoding = BASE64  # Flask-Mail has told the standard library to send UTF-8 as 8bit
    return MIMEText(text, subtype, charset, policy=POLICY)  # type: ignore[arg-type]
