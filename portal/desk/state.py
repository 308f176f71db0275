"""What of a work list is asked for: which view, narrowed to what; read from an address and written into one."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

FIRST_YEAR, LAST_YEAR = 2000, 2999


class WorkView(StrEnum):
    """One tab of the work list."""

    OWED = "owed"
    MINE = "mine"
    WAITING = "waiting"
    ESCALATED = "escalated"
    UNREAD = "unread"
    MENTIONS = "mentions"
    TO_CLOSE = "to-close"


class DueWithin(StrEnum):
    """How long a task has still."""

    OVER = "over"
    DAY = "1"
    THREE_DAYS = "3"
    WEEK = "7"

    @property
    def time(self) -> timedelta:
        return timedelta(0) if self is DueWithin.OVER else timedelta(days=int(self.value))


@dataclass(frozen=True)
class Sieve:
    """What a list is narrowed to; an empty word narrows nothing. Drills stand apart."""

    view: WorkView = WorkView.OWED
    unit: str = ""
    procedure: str = ""
    state: str = ""
    urgency: str = ""
    due: str = ""
    opened_from: str = ""
    opened_to: str = ""
    drill: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Sieve":
        """From an address; nonsense in it narrows nothing."""
        words = {field.name: asked.get(field.name.replace("_", "-"), "").strip()[:60] for field in fields(cls)}
        view = words.pop("view")
        return cls(WorkView(view) if view in set(WorkView) else WorkView.OWED, **words).settled()

    def settled(self) -> "Sieve":
        """Without what cannot be meant."""
        due = self.due if self.due in set(DueWithin) else ""
        days: dict[str, Any] = {name: _plain_day(getattr(self, name)) for name in ("opened_from", "opened_to")}
        return replace(self, due=due, drill="only" if self.drill == "only" else "", unit=self.unit.replace("\x00", ""),
                       urgency=self.urgency if self.urgency in {"normal", "urgent"} else "", **days)  # fmt: skip

    def written(self) -> dict[str, Any]:
        """As it stands in an address."""
        words = {field.name.replace("_", "-"): str(getattr(self, field.name)) for field in fields(self)}
        return {name: word for name, word in words.items() if word}

    @property
    def narrows(self) -> bool:
        return replace(self, view=WorkView.OWED) != Sieve()

    @property
    def opened_between(self) -> tuple[date | None, date | None]:
        return _day(self.opened_from), _day(self.opened_to)


def _plain_day(word: str) -> str:
    return word if _day(word) else ""


def _day(word: str) -> date | None:
    """A day on which a ticket can have been opened; at either end of the calendar no day is before or after."""
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
