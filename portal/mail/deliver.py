"""One round of delivery: takes what is due, sends it, and commits what became of each mail.

Any number of processes may deliver at once. A mail is leased before it is sent; what a dead process held is sent again
when the lease is over, with the same Message-ID.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol

import flask_mail
from sqlalchemy import func, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory.models import Contact, ContactState
from portal.config import Settings
from portal.mail.connection import Broken, Connection, Refused, Unreachable
from portal.mail.folder import Folder
from portal.mail.lease import Lease
from portal.mail.message import Mailbox, Message, UnusableAddress, message_of
from portal.mail.models import MailState, OutboxMail
from portal.mail.verdict import Fate, Stage, Verdict, of_break, of_refusal

BATCH = 25
"Mails taken at a time: what a killed process delays until its lease is over."

LEASE = timedelta(minutes=5)
EXCHANGES = 16
"More exchanges with the server, each within its time-out, than a mail needs on a connection that is opened for it."

BREAKS_IN_A_ROW = 3
"So many mails over which the server fails one after the other, and the rest of the round is put off untried."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeliveryReport:
    """What one round did, in mails; `failed` are given up, `unknown` may have arrived and are sent again."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


class Carrier(Protocol):
    """What takes messages away: the mail server's connection, or the folder."""

    def send(self, message: Message) -> str: ...
    def disconnect(self) -> None: ...


def deliver(
    session: Session,
    settings: Settings,
    at: datetime,
    limit: int | None = None,
    *,
    stopwatch: Callable[[], float] = monotonic,
) -> DeliveryReport:
    """Sends the mails that are due at `at`, at most `limit` of them, and commits the result of each.

    What `session` holds is committed first. `stopwatch` counts seconds: what the round takes is added to `at`.
    """
    session.commit()
    with Session(session.get_bind(), expire_on_commit=False) as own:
        return _Round(own, settings, at, stopwatch).run(limit)


class _Round:
    """No transaction is open while the server is talked to."""

    def __init__(self, session: Session, settings: Settings, at: datetime, stopwatch: Callable[[], float]) -> None:
        self.session = session
        self.sender = Mailbox.parse(settings.mail.default_sender)
        self.by_server = settings.mail.server is not None
        self.carrier: Carrier = Connection(settings.mail) if self.by_server else Folder(settings.instance / "mail")
        self.lease = Lease(session, max(LEASE, EXCHANGES * timedelta(seconds=settings.mail.timeout)))
        self.held: set[int] = set()
        self.held_since = self.at = at
        self.stopwatch, self.started = stopwatch, stopwatch()
        self.breaks = 0
        self.hopeless = self.sender.fault
        self.counts: Counter[MailState | None] = Counter()

    def run(self, limit: int | None) -> DeliveryReport:
        left = limit
        try:
            while mails := self._take(BATCH if left is None else min(BATCH, left)):
                self._send_all(mails)
                left = None if left is None else left - len(mails)
        finally:
            self.carrier.disconnect()
        return DeliveryReport(
            self.counts[MailState.SENT],
            self.counts[MailState.DEFERRED],
            self.counts[MailState.FAILED],
            self.counts[MailState.UNKNOWN],
        )

    def _now(self) -> datetime:
        return self.at + timedelta(seconds=int(self.stopwatch() - self.started))

    def _take(self, limit: int) -> Sequence[OutboxMail]:
        if limit <= 0:
            return []
        self.held_since = self._now()
        mails = self.lease.take(self.at, self.held_since, limit)
        self.session.commit()
        self.held = {mail.id for mail in mails}
        return mails

    def _send_all(self, mails: Sequence[OutboxMail]) -> None:
        for position, mail in enumerate(mails, start=1):
            try:
                if self._still_held(mail):
                    self._record(mail, self._attempt(mail))
            except BaseException:
                self._let_go(mails[position:])
                raise

    def _still_held(self, mail: OutboxMail) -> bool:
        now = self._now()
        if now - self.held_since >= self.lease.length / 4:
            self.held, self.held_since = self.lease.renew(now), now
            self.session.commit()
        return mail.id in self.held

    def _attempt(self, mail: OutboxMail) -> Verdict:
        if self.hopeless is not None:
            return Verdict(Fate.LATER, self.hopeless)
        try:
            words = self.carrier.send(message_of(mail, self.sender))
        except Exception as error:  # noqa: BLE001  one mail must not hold up the others
            return self._judge(mail, error)
        self.breaks = 0
        return Verdict(Fate.SENT, words)

    def _judge(self, mail: OutboxMail, error: Exception) -> Verdict:
        match error:
            case Refused():
                self._count_break(error, broken=error.stage is Stage.SENDER or error.code == 421)
                return of_refusal(error.stage, error.code, str(error))
            case Broken():
                self._count_break(error, broken=True)
                return of_break(str(error), in_doubt=error.in_doubt)
            case Unreachable() | OSError():
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

    def _record(self, mail: OutboxMail, verdict: Verdict) -> None:
        now = self._now()
        state = self.lease.settle(mail, verdict, now)
        if state is MailState.SENT and self.by_server:
            self._mark_contact(mail, delivered_at=now)
        elif state is MailState.FAILED and verdict.dead_address:
            self._mark_contact(mail, state=ContactState.BOUNCING, bounced_at=now)
        self.session.commit()
        self.counts[state] += 1

    def _mark_contact(self, mail: OutboxMail, **values: Any) -> None:
        """What the server said of an address counts for the contact as long as that is its address."""
        if mail.contact_id is None:
            return
        same = Contact.id == mail.contact_id, func.lower(Contact.email) == mail.to_address.lower()
        self.session.execute(
            update(Contact).where(*same, Contact.state != ContactState.RETIRED).values(**values),
            execution_options={"synchronize_session": False},
        )

    def _let_go(self, mails: Sequence[OutboxMail]) -> None:
        with suppress(SQLAlchemyError):
            self.session.rollback()
            self.lease.give_back(mails, self._now())
            self.session.commit()
