"""One attempt at one mail: the message made, handed to the mail server or the folder, and what that means for it."""

import logging
from email.parser import HeaderParser
from email.policy import default
from typing import Protocol

import flask_mail
from dkim import DKIMException

from portal.config import Settings
from portal.mail.connection import Broken, Connection, Refused, Unreachable
from portal.mail.folder import Folder
from portal.mail.held import Held
from portal.mail.message import Mailbox, Message, UnusableAddress, message_of
from portal.mail.models import OutboxMail
from portal.mail.signing import Signer
from portal.mail.tokens import ReturnAddress, Way
from portal.mail.verdict import Fate, Stage, Verdict, of_break, of_refusal

BREAKS_IN_A_ROW = 3
"So many mails over which the server fails one after the other, and all further ones are put off untried."

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """What takes messages away: the mail server's connection, or the folder."""

    def send(self, message: Message, envelope_from: str) -> str: ...
    def disconnect(self) -> None: ...


class Dispatch:
    """Carries the mails of one round."""

    def __init__(self, settings: Settings) -> None:
        mail = settings.mail
        self.sender = Mailbox.parse(mail.default_sender)
        self.hopeless = self.sender.fault
        "why nothing can be sent for now; None: something can"
        self.back = ReturnAddress(mail.mailbox or self.sender.address, mail.separator)
        self.replies = mail.replies
        self.by_server = mail.server is not None
        self.breaks = 0
        self._carrier: Carrier = Folder(settings.instance / "mail")
        if self.by_server:
            signer = None if self.hopeless else Signer.of(mail, self.sender.domain)
            self._carrier = Connection(mail, signer)

    def attempt(self, mail: Held) -> Verdict:
        """Sends a mail; raises nothing, since one mail must not hold up the others."""
        if self.hopeless is not None:
            return Verdict(Fate.LATER, self.hopeless)
        try:
            words = self._carrier.send(self._message(mail), self.back.of(Way.BOUNCE, mail.token))
        except Exception as error:  # noqa: BLE001  judged
            return self._judge(mail, error)
        self.breaks = 0
        return Verdict(Fate.SENT, words)

    def close(self) -> None:
        """Says goodbye to the server."""
        self._carrier.disconnect()

    def _message(self, mail: Held | OutboxMail) -> Message:
        return message_of(mail, self.sender, self.back.of(Way.REPLY, mail.token) if self.replies else "")

    def headers(self, mail: Held | OutboxMail) -> list[tuple[str, str]]:
        """Its header fields as they travel, decoded, with the return path; raises UnusableAddress."""
        head = HeaderParser(policy=default).parsestr(self._message(mail).as_bytes().partition(b"\r\n\r\n")[0].decode())
        fields = [(name, str(value)) for name, value in head.items() if name not in {"Content-Type", "MIME-Version"}]
        return [("Return-Path", self.back.of(Way.BOUNCE, mail.token)), *fields]

    def _judge(self, mail: Held, error: Exception) -> Verdict:
        match error:
            case Refused():
                self._count_break(error, broken=error.stage is Stage.SENDER or error.code == 421)
                return of_refusal(error.stage, error.code, str(error))
            case Broken():
                self._count_break(error, broken=True)
                return of_break(str(error), in_doubt=error.in_doubt)
            case Unreachable() | OSError() | DKIMException():
                self.hopeless = str(error)
                return Verdict(Fate.LATER, self.hopeless)
            case UnusableAddress():
                return Verdict(Fate.REFUSED, str(error), dead_address=True)
            case flask_mail.BadHeaderError():
                return Verdict(Fate.REFUSED, "a control character in a header")
        log.error("mail %s could not be sent", mail.id, exc_info=error)
        return Verdict(Fate.LATER, type(error).__name__)

    def _count_break(self, error: Exception, *, broken: bool) -> None:
        self.breaks = self.breaks + 1 if broken else 0
        if self.breaks >= BREAKS_IN_A_ROW:
            self.hopeless = str(error)


def travelling_headers(settings: Settings, mail: OutboxMail) -> list[tuple[str, str]]:
    """What a mail's header fields are when it goes out; only the recipient where they cannot be made."""
    try:
        return Dispatch(settings).headers(mail)
    except UnusableAddress as fault:
        return [("To", mail.to_address), ("!", str(fault))]
