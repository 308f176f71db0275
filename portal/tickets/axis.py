"""A span of time drawn as a line: where an instant stands on it, and which days are marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Self

NEAREST = 26.0
"How far two marks stand apart at least, so that their words can be read; those near an end stand inwards."
MARGIN = 0.02
"Of the whole, left free at the end."


@dataclass(frozen=True)
class Mark:
    """The beginning of a local day."""

    at: float
    day: date


@dataclass(frozen=True)
class Axis:
    """From `begin` to `end`, as 0 to 100."""

    begin: datetime
    end: datetime
    zone: tzinfo

    @classmethod
    def over(cls, begin: datetime, instants: Iterable[datetime], zone: tzinfo) -> Self:
        """Long enough for all of these; an hour at least."""
        last = max([begin + timedelta(hours=1), *instants])
        return cls(begin, last + (last - begin) * MARGIN, zone)

    def at(self, instant: datetime) -> float:
        """Where it stands; before the begin at the begin, after the end at the end."""
        share = (instant - self.begin) / (self.end - self.begin) * 100
        return round(min(max(share, 0.0), 100.0), 2)

    def length(self, begins: datetime, ends: datetime) -> float:
        """How long it is from one to the other; never less than a line's breadth."""
        return round(max(self.at(ends) - self.at(begins), 0.3), 2)

    @property
    def marks(self) -> list[Mark]:
        """The midnights, or so many of them that they can be read."""
        marks: list[Mark] = []
        for midnight in self._midnights():
            if not marks or self.at(midnight) - marks[-1].at >= NEAREST:
                marks.append(Mark(self.at(midnight), midnight.date()))
        return marks

    def _midnights(self) -> Iterator[datetime]:
        first = self.begin.astimezone(self.zone).date() + timedelta(days=1)
        each = datetime.combine(first, time.min, self.zone)
        while each < self.end:
            yield each
            each = datetime.combine(each.date() + timedelta(days=1), time.min, self.zone)
