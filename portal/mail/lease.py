"""Mails taken to be sent: nobody else has them until the lease is over, and only its holder settles them."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, FromClause, Table, bindparam, case, func, literal, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from directory.base import Instant
from portal.mail import queries
from portal.mail.held import Held
from portal.mail.models import MailState, OutboxMail
from portal.mail.verdict import Fate, Verdict, gap, given_up

OUTBOX = cast(Table, OutboxMail.__table__)
RETRIED = {Fate.LATER: MailState.DEFERRED, Fate.IN_DOUBT: MailState.UNKNOWN}
SETTLED = {
    Fate.SENT: MailState.SENT,
    Fate.REFUSED: MailState.FAILED,
    Fate.WITHHELD: MailState.SUPPRESSED,
}
SETTLE = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("mail_id"), OUTBOX.c.lease == bindparam("holder"))
    .where(OUTBOX.c.state == MailState.SENDING)
    .values(
        state=bindparam("state_now"),
        lease=None,
        next_try_at=bindparam("then"),
        server_reply=bindparam("words"),
        sent_at=bindparam("sent"),
    )
)
"Once for every mail: made once and below the session, since it is a good part of what a delivery costs."

chance = SystemRandom()


def taking(table: Table, ids: FromClause, held: type[Any], now: datetime, **values: Any) -> ReturningUpdate[Any]:
    """Take the rows with these ids for one more attempt; answers with the columns that a `held` has."""
    return (
        update(table)
        .where(table.c.id.in_(select(ids.c.id)))
        .values(
            attempts=table.c.attempts + 1,
            first_try_at=func.coalesce(table.c.first_try_at, literal(now, Instant())),
            **values,
        )
        .returning(*(table.c[field.name] for field in fields(held)))
    )


def untried(table: Table) -> dict[str, Any]:
    """What taking a row had written, taken back."""
    return {
        "attempts": table.c.attempts - 1,
        "first_try_at": case((table.c.attempts > 1, table.c.first_try_at)),
    }


class Lease:
    """The hold of one delivery process on mails, `length` at a time."""

    def __init__(self, session: Session, length: timedelta) -> None:
        self.session = session
        self.length = length
        self.holder = secrets.token_hex(16)

    def take(self, due_at: datetime, now: datetime, limit: int) -> Sequence[Held]:
        """Takes up to `limit` of the mails due at `due_at`, passing over what another process takes at this moment."""
        first = queries.due(due_at).with_only_columns(OutboxMail.id).limit(limit)
        ids = first.with_for_update(skip_locked=True).cte("due")
        ours = {"state": MailState.SENDING, "lease": self.holder, "next_try_at": now + self.length}
        taken = self.session.connection().execute(taking(OUTBOX, ids, Held, now, **ours))
        return sorted((Held(*row) for row in taken), key=lambda mail: mail.id)

    def renew(self, now: datetime) -> set[int]:
        """Holds on to what is still ours: the ids of those mails."""
        held = update(OutboxMail).where(OutboxMail.lease == self.holder, OutboxMail.state == MailState.SENDING)
        renewed = held.values(next_try_at=now + self.length).returning(OutboxMail.id)
        return set(self.session.scalars(renewed, execution_options={"synchronize_session": False}))

    def settle(self, connection: Connection, mail: Held, verdict: Verdict, now: datetime) -> MailState | None:
        """Writes down what became of a mail and returns its new state; None if it is no longer ours."""
        state = _state_after(mail, verdict, now)
        again = state in RETRIED.values()
        settled = {
            "mail_id": mail.id,
            "holder": self.holder,
            "state_now": state,
            "then": now + gap(mail.attempts, chance.random()) if again else now,
            "words": verdict.words,
            "sent": now if state is MailState.SENT else None,
        }
        return state if connection.execute(SETTLE, settled).rowcount else None

    def restate(self, mail: Held, state: MailState) -> None:
        """Another state for a mail that was settled in the same transaction."""
        restated = update(OutboxMail).where(OutboxMail.id == mail.id).values(state=state)
        self.session.execute(restated, execution_options={"synchronize_session": False})

    def give_back(self, mails: Collection[Held], now: datetime) -> None:
        """Lets go of mails that were not tried."""
        ids = {mail.id for mail in mails}
        self._update(ids, state=MailState.DEFERRED, lease=None, next_try_at=now, **untried(OUTBOX))

    def put_off(self, mail: Held, until: datetime, why: str) -> None:
        """Lets go of a mail that is not to be tried before `until`."""
        put_off = {"state": MailState.DEFERRED, "lease": None, "next_try_at": until, "server_reply": why}
        self._update({mail.id}, **put_off, **untried(OUTBOX))

    def _update(self, ids: Collection[int], **values: Any) -> int:
        ours = OutboxMail.id.in_(ids), OutboxMail.lease == self.holder, OutboxMail.state == MailState.SENDING
        statement = update(OutboxMail).where(*ours).values(**values)
        result = self.session.execute(statement, execution_options={"synchronize_session": False})
        return cast(CursorResult[Any], result).rowcount


def _state_after(mail: Held, verdict: Verdict, now: datetime) -> MailState:
    if verdict.fate in SETTLED:
        return SETTLED[verdict.fate]
    return MailState.FAILED if given_up(mail.first_try_at or now, now) else RETRIED[verdict.fate]
