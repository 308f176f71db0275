"""How fast mail may go: to one address and in all. What is too much waits, and is never dropped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.config import MailSettings
from portal.mail.held import Held
from portal.mail.queries import sent_or_held_since, sent_since_by_address

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Pace:
    """The limits of the settings, held against what was sent by all processes; 0 is no limit."""

    per_recipient: int
    per_minute: int

    @classmethod
    def of(cls, settings: MailSettings) -> "Pace":
        return cls(settings.per_recipient, settings.per_minute)

    def allowance(self, session: Session, now: datetime, wanted: int) -> int:
        """How many of `wanted` mails may go now."""
        if not self.per_minute:
            return wanted
        gone = session.scalar(sent_or_held_since(now - MINUTE)) or 0
        return max(0, min(wanted, self.per_minute - gone))

    def held_back(self, session: Session, mails: Sequence[Held], now: datetime) -> dict[int, datetime]:
        """Those of these mails whose recipient has had enough, by id, with when each may go."""
        if not self.per_recipient:
            return {}
        gone = self._gone(session, {mail.to_address for mail in mails}, now)
        held: dict[int, datetime] = {}
        for mail in mails:
            count, oldest = gone.get(mail.to_address, (0, now))
            if count >= self.per_recipient:
                held[mail.id] = max(oldest + HOUR, now + MINUTE)
            else:
                gone[mail.to_address] = count + 1, oldest
        return held

    def _gone(self, session: Session, addresses: Collection[str], now: datetime) -> dict[str, tuple[int, datetime]]:
        rows = session.execute(sent_since_by_address(addresses, now - HOUR))
        return {address: (count, oldest or now) for address, count, oldest in rows}
