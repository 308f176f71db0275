"""One round of delivery: takes what is due, sends it, and commits what became of each mail.

Any number of processes may deliver at once. A mail is leased before it is sent; what a dead process held is sent again
when the lease is over, with the same Message-ID.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.extensions import statement_by_statement
from portal.mail.addressees import Addressees
from portal.mail.dispatch import Dispatch
from portal.mail.held import Held
from portal.mail.lease import Lease
from portal.mail.models import MailState, OutboxMail
from portal.mail.pace import Pace
from portal.mail.standing_in import pass_on
from portal.mail.verdict import Fate, Verdict

BATCH = 100
"Mails taken at a time: what a killed process delays until its lease is over."

LEASE = timedelta(minutes=5)
EXCHANGES = 16
"More exchanges with the server, each within its time-out, than a mail needs on a connection that is opened for it."

WAITS = "waits: this address has had as many mails within an hour as it may"


@dataclass(frozen=True)
class DeliveryReport:
    """What one round did, in mails; `failed` did not arrive where they were sent, passed on to others or not;
    `unknown` may have arrived and are sent again."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def deliver(
    session: Session,
    settings: Settings,
    at: datetime,
    limit: int | None = None,
    *,
    stopwatch: Callable[[], float] = monotonic,
    alive: Callable[[], None] = lambda: None,
) -> DeliveryReport:
    """Sends the mails that are due at `at`, at most `limit` of them, and commits the result of each.

    What `session` holds is committed first. `stopwatch` counts seconds: what the round takes is added to `at`. `alive`
    is called before each mail. Needs an application context, since a mail that is passed on is written anew.
    """
    session.commit()
    with Session(session.get_bind(), expire_on_commit=False, autoflush=False, info=session.info) as own:
        return _Round(own, settings, at, stopwatch, alive).run(limit)


class _Round:
    """No transaction is open while the server is talked to."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        at: datetime,
        stopwatch: Callable[[], float],
        alive: Callable[[], None],
    ) -> None:
        self.session = session
        self.alive = alive
        self.dispatch = Dispatch(settings)
        self.pace = Pace.of(settings.mail)
        self.lease = Lease(session, max(LEASE, EXCHANGES * timedelta(seconds=settings.mail.timeout)))
        self.held: set[int] = set()
        self.held_since = self.at = at
        self.stopwatch, self.started = stopwatch, stopwatch()
        self.counts: Counter[MailState | None] = Counter()
        self.book = statement_by_statement(session.get_bind().engine)
        "settles mails; the session is for all else, and neither has anything open while the other writes"

    def run(self, limit: int | None) -> DeliveryReport:
        left = limit
        try:
            while mails := self._take(BATCH if left is None else min(BATCH, left)):
                self._send_all(mails)
                left = None if left is None else left - len(mails)
        finally:
            self.dispatch.close()
            self.book.close()
        counts = self.counts
        undelivered = counts[MailState.FAILED] + counts[MailState.REDIRECTED] + counts[MailState.SUPPRESSED]
        return DeliveryReport(
            counts[MailState.SENT], counts[MailState.DEFERRED], undelivered, counts[MailState.UNKNOWN]
        )

    def _now(self) -> datetime:
        return self.at + timedelta(seconds=int(self.stopwatch() - self.started))

    def _take(self, limit: int) -> Sequence[Held]:
        """The next mails, those of recipients who have had enough put off; and what is known of their contacts."""
        self.held_since = now = self._now()
        limit = self.pace.allowance(self.session, now, limit)
        mails = self.lease.take(self.at, now, limit) if limit > 0 else []
        waiting = self.pace.held_back(self.session, mails, now) if mails else {}
        for mail in mails:
            if mail.id in waiting:
                self.lease.put_off(mail, waiting[mail.id], WAITS)
                self.counts[MailState.DEFERRED] += 1
        self.addressees = Addressees(self.session, mails)
        self.session.commit()
        self.held = {mail.id for mail in mails if mail.id not in waiting}
        return mails

    def _send_all(self, mails: Sequence[Held]) -> None:
        for position, mail in enumerate(mails, start=1):
            try:
                self.alive()
                if self._still_held(mail):
                    self._record(mail, self._verdict(mail))
            except BaseException:
                self._let_go(mails[position:])
                raise
        self.addressees.note_reached(self._now())
        self.session.commit()

    def _still_held(self, mail: Held) -> bool:
        now = self._now()
        if now - self.held_since >= self.lease.length / 4:
            self.held, self.held_since = self.lease.renew(now), now
            self.session.commit()
        return mail.id in self.held

    def _verdict(self, mail: Held) -> Verdict:
        if obstacle := self.addressees.obstacle(mail):
            return Verdict(Fate.WITHHELD, obstacle)
        return self.dispatch.attempt(mail)

    def _record(self, mail: Held, verdict: Verdict) -> None:
        """What became of it, committed before the next one is sent."""
        now = self._now()
        if verdict.fate is Fate.WITHHELD or verdict.dead_address:
            state = self._record_undelivered(mail, verdict, now)
        else:
            state = self.lease.settle(self.book, mail, verdict, now)
            self.book.commit()
        if state is MailState.SENT and self.dispatch.by_server:
            self.addressees.reached(mail)
        self.counts[state] += 1

    def _record_undelivered(self, mail: Held, verdict: Verdict, now: datetime) -> MailState | None:
        """With what it means for the contact, and for whoever stands in, in one transaction."""
        state = self.lease.settle(self.session.connection(), mail, verdict, now)
        if state is not None and verdict.dead_address:
            self.addressees.bounced(mail, verdict.words, now)
        row = self.session.get_one(OutboxMail, mail.id)
        if state is not None and pass_on(self.session, row, now):
            state = MailState.REDIRECTED
            self.lease.restate(mail, state)
        self.session.commit()
        return state

    def _let_go(self, mails: Sequence[Held]) -> None:
        with suppress(SQLAlchemyError):
            self.session.rollback()
            self.lease.give_back(mails, self._now())
            self.session.commit()
