"""From a row of the outbox to the message that travels, and the header fields that a name or an address can break."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import Self

import flask_mail

from portal.mail.held import Held
from portal.mail.models import OutboxMail

CRLF = "\r\n"
LONGEST_LINE = 76
WORD_FRAME = "=?utf-8?b??="
LONGEST_WORD = (75 - len(WORD_FRAME)) // 4 * 3
"Bytes of text in one encoded word, which may have 75 characters in all."
CONTINUES, CONTINUED = 0xC0, 0x80
"How a byte of UTF-8 says that it is not a character's first."
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
        return _ascii_address(self.address)

    @property
    def fault(self) -> str | None:
        """Why no mail can be written with this address; None if one can."""
        try:
            self.ascii_address  # noqa: B018  asked for what it raises
        except UnusableAddress as error:
            return str(error)
        return None

    def header(self, field: str) -> str:
        """The value of `field`: quoted where it is ASCII, in encoded words where it is not, folded."""
        return _address_header(self, field)


class Message(flask_mail.Message):
    """A Flask-Mail message whose headers come out right: sender with a comma, recipients in order, long Chinese names.

    Text and HTML are alternatives of each other.
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
        reply_to_address: str = "",
    ) -> None:
        """`message_id` without angle brackets; raises UnusableAddress.

        Flask-Mail's own beginning is left out: it asks the name server for this machine's name, for every message.
        """
        self.subject, self.body, self.alts = subject, body, {"html": html}
        self.sender, self.recipients = sender.ascii_address, [mailbox.ascii_address for mailbox in to]
        self.extra_headers = extra_headers
        self.msgId = f"<{message_id}>"
        self.written_at = written_at
        self.from_mailbox = sender
        self.to_mailboxes = to
        self.reply_to_address = reply_to_address

    def has_bad_headers(self) -> bool:
        """Whether any value would begin a header of its own."""
        extra = self.extra_headers or {}
        return any(CONTROL.search(value) for value in (self.subject, self.msgId, *extra.keys(), *extra.values()))

    def as_bytes(self) -> bytes:
        """As it travels: CRLF, no line above 998 bytes, ASCII throughout; the same at every call."""
        boundary = f"=_{hashlib.sha256(self.msgId.encode()).hexdigest()[:24]}"
        head = [*self._fields(), ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
        lines = [f"{name}: {value}{CRLF}" for name, value in head]
        parts = (_part(boundary, kind, text or "") for kind, text in (("plain", self.body), ("html", self.html)))
        return "".join([*lines, CRLF, *parts, f"--{boundary}--{CRLF}"]).encode("ascii")

    def _fields(self) -> list[tuple[str, str]]:
        reply_to = [("Reply-To", self.reply_to_address)] if self.reply_to_address else []
        return [
            ("From", self.from_mailbox.header("From")),
            ("To", f",{CRLF} ".join(to.header("To") for to in self.to_mailboxes)),
            *reply_to,
            ("Subject", _folded("Subject", self.subject)),
            ("Date", format_datetime(self.written_at)),
            ("Message-ID", self.msgId),
            *((name, _folded(name, value)) for name, value in (self.extra_headers or {}).items()),
            ("MIME-Version", "1.0"),
        ]


def message_of(mail: OutboxMail | Held, sender: Mailbox, reply_to: str = "") -> Message:
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
        reply_to_address=reply_to,
    )


@lru_cache(maxsize=1024)
def _ascii_address(address: str) -> str:
    """Kept: each is asked for three times a mail."""
    local, at, domain = address.rpartition("@")
    try:
        plain = f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise UnusableAddress(f"not an address that mail servers take: {address!r}") from error
    if not (local and at and domain) or CONTROL.search(plain) or NOT_IN_ADDRESS.search(plain):
        raise UnusableAddress(f"not an address: {address!r}")
    return plain


@lru_cache(maxsize=1024)
def _address_header(mailbox: Mailbox, field: str) -> str:
    """Kept: the sender's is the same in all mails, and a recipient has many."""
    name = CONTROL.sub(" ", mailbox.name).strip()
    if name.isascii() and "=?" not in name:
        return _folded(field, formataddr((name, mailbox.ascii_address)))
    return f"{_encoded_words(name, len(field) + 2)}{CRLF} <{mailbox.ascii_address}>"


def _folded(name: str, value: str) -> str:
    """Short ASCII as it is; long ASCII folded at its blanks, all else in encoded words."""
    if not value.isascii() or "=?" in value:
        return _encoded_words(value, len(name) + 2)
    if len(name) + len(value) <= LONGEST_LINE:
        return value
    return Header(value, "us-ascii", header_name=name).encode(maxlinelen=LONGEST_LINE, linesep=CRLF)


def _encoded_words(text: str, taken: int) -> str:
    """RFC 2047, UTF-8 in base64, each word on a line of its own and of whole characters; `taken` of the first line.

    The standard library does the same, in some hundred times the time.
    """
    data, words, room = text.encode("utf-8", "replace"), [], (LONGEST_LINE - taken - len(WORD_FRAME)) * 3 // 4
    while data:
        end = room
        while end < len(data) and data[end] & CONTINUES == CONTINUED:
            end -= 1
        words.append(data[:end])
        data, room = data[end:], LONGEST_WORD
    return f"{CRLF} ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _part(boundary: str, subtype: str, text: str) -> str:
    """One alternative, in UTF-8 and base64: nothing on the way needs to be 8-bit clean."""
    encoded = b64encode(text.encode()).decode("ascii")
    lines = [encoded[start : start + LONGEST_LINE] for start in range(0, len(encoded), LONGEST_LINE)]
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n'
    return f"--{boundary}\r\n{head}\r\n{CRLF.join(lines)}\r\n"
