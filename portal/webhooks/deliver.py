"""One round of telling: what happened is spread, what is due is sent, and what became of each event is committed.

Any number of workers may do it at once. At most one event of a ticket is on its way to a web hook; the next follows
when it was taken, or given up. What a dead worker held is sent again when the lease is over, under the same id.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from portal.cipher import Cipher, cipher_of
from portal.config import Settings
from portal.webhooks.actions import PURPOSE
from portal.webhooks.dispatch import Dispatch
from portal.webhooks.lease import Held, Lease
from portal.webhooks.models import DeliveryState, Webhook
from portal.webhooks.queries import due_webhooks
from portal.webhooks.spreading import spread
from portal.webhooks.trouble import note_taken, note_trouble
from portal.webhooks.verdict import Fate, Verdict, too_long

AT_A_TIME = 20
"Events of one web hook that are taken together: what a killed worker delays until its lease is over."
AT_ONCE = 8
"Receivers that are talked to at the same time, so that one that hangs holds up no other."
BREAKS_IN_A_ROW = 2
"So often not reached, and the rest of what was taken for it waits, untried."
LEASE = timedelta(minutes=5)

Result = tuple[Held, Verdict | None]
"None: not tried."


@dataclass(frozen=True)
class Receiver:
    """Where a web hook is told, as it stood when its events were taken."""

    url: str
    secret: str


@dataclass(frozen=True)
class HookReport:
    """What one round did, in events."""

    delivered: int = 0
    deferred: int = 0
    failed: int = 0

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def tell_systems(
    sessions: "sessionmaker[Session]",
    settings: Settings,
    at: datetime,
    *,
    stopwatch: Callable[[], float] = monotonic,
    alive: Callable[[], None] = lambda: None,
) -> HookReport:
    """Spread what happened, and send what is due at `at`. Needs an application context: a notice is a mail."""
    spread_all(sessions, settings, at)
    with closing(sessions()) as session:
        return _Round(session, settings, at, stopwatch, alive).run()


def spread_all(sessions: "sessionmaker[Session]", settings: Settings, at: datetime) -> None:
    """All that is untold, some at a time, each time a transaction of its own."""
    looked_at = 1
    while looked_at:
        with closing(sessions()) as session:
            looked_at = spread(session, settings, at)
            session.commit()


class _Round:
    """No transaction is open while a receiver is talked to."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        at: datetime,
        stopwatch: Callable[[], float],
        alive: Callable[[], None],
    ) -> None:
        self.session = session
        self.at, self.alive = at, alive
        self.cipher: Cipher = cipher_of(settings)
        self.dispatch = Dispatch(settings.webhooks)
        self.lease = Lease(session, max(LEASE, AT_A_TIME * timedelta(seconds=2 * settings.webhooks.timeout)))
        self.stopwatch, self.started = stopwatch, stopwatch()
        self.counts: Counter[DeliveryState] = Counter()

    def run(self) -> HookReport:
        with ThreadPoolExecutor(AT_ONCE, "webhook") as pool:
            while taken := self._take():
                results: SimpleQueue[Result] = SimpleQueue()
                for receiver, held in taken:
                    pool.submit(self._send_all, receiver, held, results)
                for _ in range(sum(len(held) for _receiver, held in taken)):
                    self._settle(*results.get())
                    self.alive()
        counts = self.counts
        return HookReport(
            counts[DeliveryState.DELIVERED], counts[DeliveryState.DEFERRED], counts[DeliveryState.FAILED]
        )

    def _now(self) -> datetime:
        return self.at + timedelta(seconds=int(self.stopwatch() - self.started))

    def _take(self) -> list[tuple[Receiver, Sequence[Held]]]:
        taken = []
        for webhook_id in self.session.scalars(due_webhooks(self.at)).all():
            held = self.lease.take(webhook_id, self.at, self._now(), AT_A_TIME)
            if held:
                webhook = self.session.get_one(Webhook, webhook_id)
                secret = self.cipher.decrypt(webhook.secret_cipher, PURPOSE)
                taken.append((Receiver(webhook.url, secret), held))
        self.session.commit()
        return taken

    def _send_all(self, receiver: Receiver, held: Sequence[Held], results: "SimpleQueue[Result]") -> None:
        """In a thread of its own: one after the other, until the receiver cannot be reached."""
        breaks = 0
        for one in held:
            verdict: Any = None
            if breaks < BREAKS_IN_A_ROW:
                verdict = self.dispatch.attempt(receiver.url, receiver.secret, one.event_id, one.body, self._now())
                breaks = breaks + 1 if verdict.fate is Fate.UNREACHABLE else 0
            results.put((one, verdict))

    def _settle(self, held: Held, verdict: Verdict | None) -> None:
        """What became of it, committed at once."""
        now = self._now()
        if verdict is None:
            self.lease.give_back(held, now)
        else:
            self._write_down(held, verdict, now)
        self.session.commit()

    def _write_down(self, held: Held, verdict: Verdict, now: datetime) -> None:
        webhook = self.session.get(Webhook, held.webhook_id, with_for_update=True, populate_existing=True)
        if webhook is None:
            return
        if verdict.fate is Fate.TAKEN:
            state = DeliveryState.DELIVERED
            note_taken(webhook)
        else:
            stands = note_trouble(self.session, webhook, verdict, now)
            given_up = too_long(held.first_try_at, now) and not stands
            state = DeliveryState.FAILED if given_up else DeliveryState.DEFERRED
        if self.lease.settle(held, state, verdict.words, now):
            self.counts[state] += 1
