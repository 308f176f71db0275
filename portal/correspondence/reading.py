"""From the bytes of an incoming mail to what is said in it; whatever they are, this neither fails nor takes long."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from mimetypes import MimeTypes

from portal.correspondence import decoding, markup
from portal.correspondence.addresses import addresses, only_mailbox
from portal.correspondence.parts import Head, Leaf, leaves, split

LARGEST = 24 * 1024 * 1024
"Bytes read of a mail: the 16 MB that the portal takes, in base64. The rest is cut off."

MOST_LINES = 600_000
LARGEST_TEXT = 1_000_000
"Bytes read of all text parts together."

LONGEST_TEXT = 200_000
LONGEST_SUBJECT = 500
LONGEST_NAME = 120
LONGEST_ID = 200
MOST_IDS = 50
MOST_RECIPIENTS = 200
MOST_ATTACHMENTS = 50

LINE_END = re.compile(rb"\r\n?|\n")
MESSAGE_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
CHARSET_IN_HTML = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([\w-]{2,30})", re.IGNORECASE)

ENDINGS = MimeTypes()
"Of file names; those that Python knows, not those of the machine."

RECIPIENT_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")
REPORT_TYPES = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
}
ORIGINALS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
ID_IN_TEXT = re.compile(r"^[>\s]{0,4}Message-ID\s?[:：]\s?(<[^<>\s]{3,200}>)", re.IGNORECASE | re.MULTILINE)
MACHINE_FIELDS = (
    "x-autoreply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response-suppress",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
    "list-id",
    "x-cron-env",
)
"Fields that only machines write, whatever they hold."

MACHINE_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})


@dataclass(frozen=True)
class Attached:
    """A part that is no text of the mail: a file, a picture in the text, a mail sent on, the status of a report."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Received:
    """An incoming mail, read. All texts are decoded and free of control characters.

    Ids are without angle brackets, addresses in ASCII and lower case. `sender` is None unless From holds exactly one
    usable address; `envelope_sender` is "" for the null sender and None where no usable Return-Path came along. `kind`
    is the kind of a mail of ours that came back as it was; `hops` counts the servers that passed the mail on; `failed`
    holds the addresses that a server names in X-Failed-Recipients; `original_ids` are those of a mail that came back
    in this one, as a part or in its text. `problems` says in plain words what was unreadable.
    """

    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    original_ids: tuple[str, ...]
    sender: str | None
    sender_name: str
    envelope_sender: str | None
    recipients: tuple[str, ...]
    failed: tuple[str, ...]
    subject: str
    text: str
    attachments: tuple[Attached, ...]
    is_report: bool
    report_type: str
    automatic: bool
    kind: str
    hops: int
    problems: tuple[str, ...]
    size: int


def read(raw: bytes) -> Received:
    """Never raises. What is beyond the limits above is left out and named in `problems`."""
    kept, problems = _within_limits(raw)
    head, body = split(kept)
    found, unread = leaves(head, body)
    text, unclear = _text(_body(found))
    attachments = [_attached(leaf) for leaf in found if _is_attached(leaf)]
    if len(attachments) > MOST_ATTACHMENTS:
        unclear.append(f"more than {MOST_ATTACHMENTS} attachments; the others were not read")
    report_type = _report_type(head, attachments)
    sender_name, sender = only_mailbox(head.every("from"))
    return Received(
        message_id=next(iter(_ids(head, "message-id")), None),
        in_reply_to=_ids(head, "in-reply-to"),
        references=_ids(head, "references"),
        original_ids=_original_ids(attachments, text),
        sender=sender,
        sender_name=sender_name,
        envelope_sender=_envelope_sender(head),
        recipients=_recipients(head),
        failed=tuple(addresses(decoding.unencoded(head.first("x-failed-recipients")))[:MOST_RECIPIENTS]),
        subject=head.text("subject")[:LONGEST_SUBJECT],
        text=text,
        attachments=tuple(attachments[:MOST_ATTACHMENTS]),
        is_report=bool(report_type),
        report_type=report_type,
        automatic=_automatic(head),
        kind=_kind(head),
        hops=len(head.every("received")),
        problems=tuple(dict.fromkeys([*problems, *unread, *unclear])),
        size=len(raw),
    )


def _within_limits(raw: bytes) -> tuple[bytes, list[str]]:
    """What is read of the bytes."""
    problems = []
    if len(raw) > LARGEST:
        raw = raw[:LARGEST]
        problems.append(f"larger than {LARGEST // 1024 // 1024} MB; the rest was not read")
    if raw.count(b"\n") + raw.count(b"\r") > MOST_LINES:
        for number, end in enumerate(LINE_END.finditer(raw), start=1):
            if number == MOST_LINES:
                problems.append(f"more than {MOST_LINES} lines; the rest was not read")
                return raw[: end.end()], problems
    return raw, problems


def _body(found: list[Leaf]) -> list[Leaf]:
    """The parts that are the text: of a choice the plain ones, unless they are empty and others are not."""
    texts = [leaf for leaf in found if not _is_attached(leaf)]
    plain = {leaf.choice for leaf in texts if leaf.head.media_type == "text/plain" and leaf.content.strip()}
    other = {leaf.choice for leaf in texts if leaf.head.media_type == "text/html"} - plain
    return [
        leaf
        for leaf in texts
        if leaf.choice == 0
        or (leaf.head.media_type == "text/plain" and leaf.choice not in other)
        or (leaf.head.media_type == "text/html" and leaf.choice in other)
    ]


def _is_attached(leaf: Leaf) -> bool:
    head = leaf.head
    if head.media_type.startswith("multipart/"):
        return False
    return head.media_type not in {"text/plain", "text/html"} or head.disposition == "attachment" or bool(head.filename)


def _text(texts: Iterable[Leaf]) -> tuple[str, list[str]]:
    """All texts below each other, and what was wrong with them."""
    pieces, problems, left = [], [], LARGEST_TEXT
    for leaf in texts:
        text, problem = _text_of(leaf, left)
        pieces.append(text.strip("\n"))
        problems.append(problem)
        left = max(left - len(leaf.content), 0)
    whole = "\n".join(piece for piece in pieces if piece.strip())
    if left == 0 or len(whole) > LONGEST_TEXT:
        problems.append(f"a text of more than {LONGEST_TEXT} characters; the rest was not read")
    return whole[:LONGEST_TEXT], [problem for problem in problems if problem]


def _text_of(leaf: Leaf, most: int) -> tuple[str, str]:
    """The text in up to so many bytes of a part."""
    content = leaf.content
    if len(content) > most:  # cut between lines: half a character would put the charset in doubt
        content = content[: content.rfind(b"\n", 0, most) + 1 or most]
    charset = leaf.head.parameters.get("charset", "")
    if leaf.head.media_type != "text/html":
        return decoding.decode(content, charset)
    named = CHARSET_IN_HTML.search(content[:4096])
    text, problem = decoding.decode(content, charset or (named[1].decode("ascii", "replace") if named else None))
    return decoding.without_controls(markup.to_text(text)), problem


def _attached(leaf: Leaf) -> Attached:
    given = leaf.head.filename or f"unnamed{ENDINGS.guess_extension(leaf.head.media_type) or ''}"
    stem, dot, ending = given.rpartition(".")
    name = f"{stem[:LONGEST_NAME]}{dot}{ending[:20]}" if dot else ending[:LONGEST_NAME]
    return Attached(name, leaf.head.media_type, leaf.content)


def _ids(head: Head, field: str) -> tuple[str, ...]:
    """In angle brackets, as the standard has it; else the only word there is."""
    text = decoding.unencoded(head.first(field))
    bare = text if text and len(text) <= LONGEST_ID and not re.search(r"[<>\s]", text) else ""
    return _ids_in(text) or ((bare,) if bare else ())


def _ids_in(text: str) -> tuple[str, ...]:
    found = (identifier for identifier in MESSAGE_ID.findall(text) if len(identifier) <= LONGEST_ID)
    return tuple(dict.fromkeys(found))[-MOST_IDS:]


def _original_ids(attachments: Iterable[Attached], text: str) -> tuple[str, ...]:
    """Of mails within this one; what a server sends back it sends as a part, as a file, or in its text."""
    returned = (part for part in attachments if part.media_type in ORIGINALS or part.name.lower().endswith(".eml"))
    found = [identifier for part in returned for identifier in _ids(split(part.content)[0], "message-id")]
    return tuple(dict.fromkeys([*found, *_ids_in(" ".join(ID_IN_TEXT.findall(text)))]))[:MOST_IDS]


def _recipients(head: Head) -> tuple[str, ...]:
    found = (
        address
        for field in RECIPIENT_FIELDS
        for value in head.every(field)
        for address in addresses(decoding.unencoded(value))
    )
    return tuple(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _envelope_sender(head: Head) -> str | None:
    text = decoding.unencoded(head.first("return-path"))
    return "" if text.replace(" ", "") == "<>" else next(iter(addresses(text)), None)


def _report_type(head: Head, attachments: Iterable[Attached]) -> str:
    """By what the parts are; a report that has lost its parts still says what it was."""
    for part in attachments:
        if part.media_type in REPORT_TYPES:
            return REPORT_TYPES[part.media_type]
    if head.media_type != "multipart/report":
        return ""
    return head.parameters.get("report-type", "").lower() or "unknown"


def _automatic(head: Head) -> bool:
    """Whether the header says that a machine wrote it: RFC 3834, and what is in use besides."""
    submitted = head.text("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or head.text("precedence").lower() in MACHINE_PRECEDENCE
        or any(head.first(field) for field in MACHINE_FIELDS)
        or "autoresponder" in (text.lower() for text in map(decoding.unencoded, head.every("delivered-to")))
    )


def _kind(head: Head) -> str:
    """Our own mark, or a loop field with our name."""
    if given := head.text("x-duijie-kind")[:LONGEST_NAME]:
        return given
    return "unknown" if "duijie" in head.text("x-loop").lower() else ""
