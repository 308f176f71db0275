"""Whether an incoming mail says that one of ours did not arrive, to whom, and why.

Delivery reports (RFC 3464) are read from their fields. The large Chinese services answer in prose, in Chinese, without
such fields: these are read by what they say. No library is used: flufl.bounce knows none of the Chinese ones, and for a
report it adds nothing to its fields. What identifies our mail is the token of the address anyway.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.correspondence import decoding
from portal.correspondence.addresses import addresses
from portal.correspondence.parts import Head, split
from portal.correspondence.phrases import BOUNCE_SUBJECT, FAILED, FULL, LATE, ORIGINAL_BELOW, UNKNOWN
from portal.correspondence.reading import Received

LONGEST_WORDS = 400
MOST_RECIPIENTS = 10
MOST_BLOCKS = 100
LONGEST_NOTICE = 20_000
"Characters read of what a server says in prose."

DAEMONS = re.compile(
    r"(mailer|mail|delivery)[-_.]?(daemon|failure|system|subsystem)|postmaster|maildaemon|microsoftexchange[0-9a-f]*"
    r"|(admin-)?bounces?|.*-bounces?|mdaemon|ndr"
)
BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
SMTP_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:：,，;#]|$)")

DIAGNOSTIC_LABEL = re.compile(r"^\s*(smtp|x-[\w-]+|dns)\s*;\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """What a server says about a mail that did not arrive.

    `status` is the enhanced code (RFC 3463), "" if none was given. `permanent`: trying again is of no use; a full
    mailbox is not. `dead_address`: it is the address that takes no mail. `message_ids` are those of the original.
    """

    recipients: tuple[str, ...]
    status: str
    permanent: bool
    dead_address: bool
    words: str
    message_ids: tuple[str, ...]


def failure_of(received: Received) -> Failure | None:
    """None where nothing failed, and for whatever a person wrote."""
    blocks = list(_recipient_blocks(received))
    failed = [block for block in blocks if _has_failed(block)]
    if failed:
        return _reported(failed, received)
    return None if blocks or _is_late(received) else _told(received)


def is_delay(received: Received) -> bool:
    """Whether it only says that a mail is not there yet, or is; nothing has failed."""
    if any(not _has_failed(block) for block in _recipient_blocks(received)):
        return failure_of(received) is None
    return from_a_server(received) and _is_late(received)


def from_a_server(received: Received) -> bool:
    """Whether the sender is the mail system itself: no person's address, or none at all."""
    local = (received.sender or "").rpartition("@")[0]
    if DAEMONS.fullmatch(local) or received.report_type == "delivery-status":
        return True
    return received.envelope_sender == "" and BOUNCE_SUBJECT.search(received.subject) is not None


def _recipient_blocks(received: Received) -> Iterator[Head]:
    """The fields of a report that are about one recipient each."""
    for part in received.attachments:
        if part.media_type in {"message/delivery-status", "message/global-delivery-status"}:
            for block in BLANK_LINE.split(part.content, MOST_BLOCKS)[:MOST_BLOCKS]:
                head = split(block.strip() + b"\n\n")[0]
                if head.first("action") or head.first("final-recipient"):
                    yield head


def _has_failed(block: Head) -> bool:
    action = block.text("action").lower()
    return action.startswith("failed") or (not action and block.text("status").startswith("5"))


def _reported(failed: list[Head], received: Received) -> Failure:
    statuses = [found[0] for block in failed if (found := STATUS.search(block.text("status")))]
    diagnostics = (DIAGNOSTIC_LABEL.sub("", block.text("diagnostic-code")) for block in failed)
    words = next((words for words in diagnostics if words), "") or _telling_line(received.text) or received.subject
    recipients = [address for block in failed for address in _recipient(block)]
    return _failure(recipients, _finest([*statuses, *STATUS.findall(words)]), words, received)


def _recipient(block: Head) -> list[str]:
    """To whom we wrote, where a server on the way has given the mail to another address."""
    return addresses(block.text("original-recipient")) or addresses(block.text("final-recipient"))


def _finest(statuses: list[str]) -> str:
    """The first that says something: a 5.0.0 says less than the code in the server's own words."""
    telling = [status for status in statuses if not status.endswith(".0.0")]
    return next(iter([*telling, *statuses]), "")


def _told(received: Received) -> Failure | None:
    """A failure in prose."""
    if not from_a_server(received):
        return None
    notice = _notice(received)
    told = any(pattern.search(notice) for pattern in (FAILED, UNKNOWN, FULL))
    if not (told or BOUNCE_SUBJECT.search(received.subject) or received.failed):
        return None
    words = _telling_line(notice) or received.subject
    not_meant = {*received.recipients, received.sender}
    recipients = [*received.failed, *(address for address in addresses(notice) if address not in not_meant)]
    return _failure(recipients, _finest(STATUS.findall(notice)), words, received)


def _failure(recipients: Iterable[str], status: str, words: str, received: Received) -> Failure:
    full = status.endswith(".2.2") or FULL.search(words) is not None
    unknown = UNKNOWN.search(words) is not None
    code = SMTP_CODE.search(words)
    permanent = not full and (status or (code[1] if code else "5"))[0] == "5"
    subject = status.split(".")[1] if status else ""
    return Failure(
        recipients=tuple(dict.fromkeys(recipients))[:MOST_RECIPIENTS],
        status=status,
        permanent=permanent,
        dead_address=permanent and (subject in {"1", "2"} or (subject in {"", "0"} and unknown)),
        words=decoding.one_line(words)[:LONGEST_WORDS],
        message_ids=received.original_ids,
    )


def _notice(received: Received) -> str:
    """What the server says, without the mail that it sends back; QQ puts a head of that above the reason."""
    text = received.text[:LONGEST_NOTICE]
    original = ORIGINAL_BELOW.search(text)
    above = text[: original.start()] if original else ""
    return above if addresses(above) else text


def _telling_line(text: str) -> str:
    """The line that says most about the reason, with the one after it where a server broke it in two."""
    lines = [line.strip() for line in text[:LONGEST_NOTICE].splitlines() if line.strip()]
    for pattern in (SMTP_CODE, STATUS, FULL, UNKNOWN, FAILED):
        for number, line in enumerate(lines):
            if pattern.search(line):
                return line if len(line) > 30 else " ".join(lines[number : number + 2])
    return ""


def _is_late(received: Received) -> bool:
    """A warning in prose: the server goes on trying."""
    if BOUNCE_SUBJECT.search(received.subject):
        return False
    return LATE.search(received.subject) is not None or LATE.search(_notice(received)) is not None
