"""The figures of a unit, a kind of case or a day: what is counted, and what follows from the counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from operator import add, sub
from typing import TypeVar

from portal.statistics.histogram import NOTHING, percentile

K = TypeVar("K")

COUNTED = ("accepted", "received", "answered", "on_time", "refused", "returned", "urged", "rung1", "rung2", "rung3")
"What is summed; each is defined where the page shows it (`wording.definitions`)."
FEWEST = 3
"A kind of case of which there were fewer is not named by itself."


@dataclass(frozen=True)
class Figures:
    """Counts, and the working minutes of the answers as a histogram."""

    accepted: int = 0
    received: int = 0
    answered: int = 0
    on_time: int = 0
    refused: int = 0
    returned: int = 0
    urged: int = 0
    rung1: int = 0
    rung2: int = 0
    rung3: int = 0
    minutes: tuple[int, ...] = NOTHING

    def __add__(self, other: "Figures") -> "Figures":
        return _each(add, self, other)

    def __sub__(self, other: "Figures") -> "Figures":
        return _each(sub, self, other)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in COUNTED)

    @property
    def late(self) -> int:
        return self.answered - self.on_time

    @property
    def share(self) -> float | None:
        """Of what was answered, answered on time."""
        return self.on_time / self.answered if self.answered else None

    @property
    def escalated(self) -> int:
        """Mails to supervisors, on any rung."""
        return self.rung1 + self.rung2 + self.rung3

    @property
    def median(self) -> int | None:
        """Working minutes."""
        return percentile(self.minutes, 0.5)

    @property
    def ninetieth(self) -> int | None:
        return percentile(self.minutes, 0.9)


def _each(does: Callable[[int, int], int], one: Figures, other: Figures) -> Figures:
    counts = {name: does(getattr(one, name), getattr(other, name)) for name in COUNTED}
    return Figures(**counts, minutes=tuple(starmap(does, zip(one.minutes, other.minutes, strict=True))))


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())


def of_row(row: Sequence[int | None]) -> Figures:
    """The sums as a select answers them: `COUNTED`, then the classes; None where there was nothing to add."""
    numbers = [number or 0 for number in row]
    cut = len(COUNTED)
    return Figures(**dict(zip(COUNTED, numbers[:cut], strict=True)), minutes=tuple(numbers[cut:]))


def without_rare(rows: Mapping[K, Figures]) -> tuple[dict[K, Figures], Figures]:
    """The kinds of case with at least three tickets or tasks, and all the others together."""
    kept = {key: each for key, each in rows.items() if max(each.accepted, each.received, each.answered) >= FEWEST}
    return kept, total(each for key, each in rows.items() if key not in kept)
