"""What a sweep found and did, as it is told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from portal.tickets.forecast import ForecastRung


@dataclass(frozen=True)
class Climbed:
    """A rung climbed: `recipients` are addresses, `task` its id (None for the ticket's overall clock).

    `planned_at` and `due_at` say why: the rung's instant, and the end of the limit.
    """

    ticket: str
    task: int | None
    clock: str
    rung: int
    unit: str
    recipients: list[str]
    planned_at: datetime
    due_at: datetime

    def to_dict(self) -> dict[str, Any]:
        return {"ticket": self.ticket, "task": self.task, "clock": self.clock, "rung": self.rung, "unit": self.unit,
                "recipients": self.recipients}  # fmt: skip


@dataclass(frozen=True)
class Skipped:
    """A rung at which nobody was reachable."""

    ticket: str
    task: int | None
    rung: int
    unit: str
    reason: str


@dataclass(frozen=True)
class Noted:
    """What one transaction did, as it is reported once it is committed."""

    rungs: Sequence[Climbed | Skipped]
    messages: int

    @classmethod
    def of(cls, rungs: Sequence[ForecastRung], messages: int) -> "Noted":
        return cls([_note(rung) for rung in rungs], messages)


@dataclass
class SweepReport:
    """What one sweep found and did; `due` counts rungs, `messages` mails written.

    `failed` are the ids of tickets that were passed over; the log says why.
    """

    at: datetime
    due: int = 0
    climbed: list[Climbed] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    messages: int = 0
    failed: list[int] = field(default_factory=list)

    def add(self, noted: Noted) -> None:
        self.messages += noted.messages
        self.climbed += [one for one in noted.rungs if isinstance(one, Climbed)]
        self.skipped += [one for one in noted.rungs if isinstance(one, Skipped)]

    def to_dict(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "due": self.due,
            "climbed": [one.to_dict() for one in self.climbed],
            "skipped": [asdict(one) for one in self.skipped],
            "messages": self.messages,
        }


def _note(rung: ForecastRung) -> Climbed | Skipped:
    clock = rung.clock
    if rung.skipped:
        return Skipped(clock.ticket.number, clock.task_id, rung.number, rung.unit, rung.skipped)
    return Climbed(clock.ticket.number, clock.task_id, str(clock.kind), rung.number, rung.unit,
                   rung.recipients.addresses, rung.at, clock.due_at)  # fmt: skip
