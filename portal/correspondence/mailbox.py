"""The mailbox to which bounces and replies come: every message is read once, and put into a folder of its own.

What was done is committed before the message is moved: killed in between, it is found again and known by its digest.
"""

import logging
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from imaplib import IMAP4
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxUnencrypted
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.correspondence.models import Effect
from portal.correspondence.receiving import keep_unreadable, receive
from portal.errors import Refused

FILED_FOLDER, REVIEW_FOLDER = "Duijie-Filed", "Duijie-Review"
AT_ONCE = 200
"Messages read in one go; the rest waits for the next."
TIMEOUT = 30.0

log = logging.getLogger(__name__)


class NotRead(Refused):
    """The mailbox could not be opened; the text says why."""


@dataclass(frozen=True)
class ReceivingReport:
    """What became of the messages read, in messages."""

    read: int = 0
    bounced: int = 0
    entered: int = 0
    filed: int = 0
    kept: int = 0

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def receive_all(session: Session, settings: Settings, at: datetime) -> ReceivingReport:
    """Read what is in the mailbox, one transaction a message; raises NotRead if it cannot be opened."""
    if settings.mail.imap_url is None:
        return ReceivingReport()
    effects: Counter[Effect] = Counter()
    try:
        with _opened(settings.mail.imap_url) as mailbox:
            for uid, raw in _messages(mailbox):
                effect = receive_one(session, raw, settings, at)
                effects[effect] += 1
                _put_away(mailbox, uid, REVIEW_FOLDER if effect is Effect.KEPT else FILED_FOLDER)
    except (OSError, IMAP4.error, ImapToolsError) as error:
        raise NotRead(f"{type(error).__name__}: {error}") from error
    return report_of(effects)


def receive_one(session: Session, raw: bytes, settings: Settings, at: datetime) -> Effect:
    """One message, committed; one over which the portal fails is kept for review, and the next ones go on."""
    try:
        effect = receive(session, raw, settings, at).effect
        session.commit()
    except Exception as error:
        session.rollback()
        log.exception("an incoming message could not be dealt with")
        keep_unreadable(session, raw, at, f"{type(error).__name__}")
        session.commit()
        return Effect.KEPT
    return effect


def report_of(effects: Counter[Effect]) -> ReceivingReport:
    return ReceivingReport(
        read=effects.total(),
        bounced=effects[Effect.BOUNCED],
        entered=effects[Effect.ENTERED],
        filed=effects[Effect.FILED],
        kept=effects[Effect.KEPT],
    )


def _opened(url: str) -> BaseMailBox:
    """Signed in, over TLS that is checked unless the address says `imap://`."""
    parts = urlsplit(url)
    host, name, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    mailbox: BaseMailBox
    if parts.scheme == "imaps":
        mailbox = MailBox(host, parts.port or 993, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    else:
        mailbox = MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT)
    try:
        _introduce(mailbox)
        return mailbox.login(name, password, initial_folder=unquote(parts.path.strip("/")) or "INBOX")
    except BaseException:
        mailbox.client.shutdown()
        raise


def _introduce(mailbox: BaseMailBox) -> None:
    """163 and its kin refuse programmes that do not say who they are (RFC 2971); others do not mind."""
    with suppress(IMAP4.error):
        mailbox.client.xatom("ID", '("name" "duijie" "version" "1")')


def _messages(mailbox: BaseMailBox) -> Iterator[tuple[str, bytes]]:
    for uid in mailbox.uids()[:AT_ONCE]:
        _status, data = mailbox.client.uid("fetch", uid, "(BODY.PEEK[])")
        for part in data:
            if isinstance(part, tuple):
                yield uid, bytes(part[1])
                break


def _put_away(mailbox: BaseMailBox, uid: str, folder: str) -> None:
    """Into a folder, which is made if it is not there."""
    if not mailbox.folder.exists(folder):
        mailbox.folder.create(folder)
    mailbox.move(uid, folder)
