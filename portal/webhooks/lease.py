"""Events taken to be sent: nobody else has them until the lease is over, and only its holder settles them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, update
from sqlalchemy.orm import Session

from portal.mail.lease import chance, taking, untried
from portal.webhooks import queries
from portal.webhooks.models import DeliveryState, WebhookDelivery
from portal.webhooks.verdict import gap

TABLE = cast(Table, WebhookDelivery.__table__)


@dataclass(frozen=True)
class Held:
    """A delivery that is ours for the length of the lease, `attempts` and `first_try_at` with this attempt."""

    id: int
    webhook_id: int
    event_id: str
    body: str
    attempts: int
    first_try_at: datetime


class Lease:
    """The hold of one worker on deliveries."""

    def __init__(self, session: Session, length: timedelta) -> None:
        self.session = session
        self.length = length
        self.holder = secrets.token_hex(16)

    def take(self, webhook_id: int, due_at: datetime, now: datetime, limit: int) -> Sequence[Held]:
        """Up to `limit` events of one web hook, no two of them of one ticket."""
        ids = queries.due(webhook_id, due_at, limit).cte("due")
        ours = {"state": DeliveryState.SENDING, "lease": self.holder, "next_try_at": now + self.length}
        taken = self.session.connection().execute(taking(TABLE, ids, Held, now, **ours))
        return sorted((Held(*row) for row in taken), key=lambda held: held.id)

    def settle(self, held: Held, state: DeliveryState, words: str, now: datetime) -> bool:
        """Write down what became of it; False if it is no longer ours."""
        later = state is DeliveryState.DEFERRED
        return self._update(
            held,
            state=state,
            lease=None,
            words=words,
            next_try_at=now + gap(held.attempts, chance.random()) if later else now,
            settled_at=None if later else now,
        )

    def give_back(self, held: Held, now: datetime) -> None:
        """Let go of one that was not tried."""
        self._update(held, state=DeliveryState.DEFERRED, lease=None, next_try_at=now, **untried(TABLE))

    def _update(self, held: Held, **values: Any) -> bool:
        ours = WebhookDelivery.id == held.id, WebhookDelivery.lease == self.holder
        held_still = update(WebhookDelivery).where(*ours, WebhookDelivery.state == DeliveryState.SENDING)
        statement = held_still.values(**values)
        result = self.session.execute(statement, execution_options={"synchronize_session": False})
        return bool(cast(CursorResult[Any], result).rowcount)
