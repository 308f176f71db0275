"""Who answers for a unit at an instant, and why: who is on duty first, deputies for those who are away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar


class Span(Protocol):
    """Something about a contact in [begins_at, ends_at)."""

    @property
    def contact_id(self) -> int: ...
    @property
    def begins_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Leave(Span, Protocol):
    """A contact is away; the deputy, if there is one, stands in."""

    @property
    def deputy_contact_id(self) -> int | None: ...


Some = TypeVar("Some", bound=Span)


class Why(StrEnum):
    ON_DUTY = "on duty"
    DEPUTY = "deputy"
    ORDER = "order of calling"
    AWAY = "away"
    "nobody at all is there: whoever is away is asked after all, since a unit must not fall silent"


@dataclass(frozen=True)
class Answers:
    """A contact who answers, and why; `instead_of` is the one for whom a deputy stands in."""

    contact_id: int
    why: Why
    instead_of: int | None = None


def who_answers(
    order: Sequence[int],
    shifts: Iterable[Span],
    leaves: Iterable[Leave],
    at: datetime,
    there: Collection[int] | None = None,
) -> list[Answers]:
    """Those who answer at `at`, the first to be asked first, each once.

    `order`: the contacts in the order of calling. `there`: who can stand in at all (a contact whose address bounces
    cannot); everybody, if it is not given. Where all are away without a deputy, all of `order` answer.
    """
    on_duty = [shift.contact_id for shift in sorted(_at(shifts, at), key=lambda shift: shift.begins_at)]
    deputies = deputies_at(leaves, at)
    asked = [*((one, Why.ON_DUTY) for one in on_duty), *((one, Why.ORDER) for one in order)]
    answers: dict[int, Answers] = {}
    for contact_id, why in asked:
        stands = stand_in(contact_id, deputies, there)
        if stands == contact_id:
            answers.setdefault(contact_id, Answers(contact_id, why))
        elif stands is not None:
            answers.setdefault(stands, Answers(stands, Why.DEPUTY, instead_of=contact_id))
    return list(answers.values()) or [Answers(one, Why.AWAY) for one in dict.fromkeys([*on_duty, *order])]


def deputies_at(leaves: Iterable[Leave], at: datetime) -> dict[int, int | None]:
    """Who is away at `at`, each with the deputy; of several leaves the one that began last counts."""
    begun = sorted(_at(leaves, at), key=lambda leave: leave.begins_at)
    return {leave.contact_id: leave.deputy_contact_id for leave in begun}


def stand_in(contact_id: int, deputies: Mapping[int, int | None], there: Collection[int] | None = None) -> int | None:
    """The contact itself, if it is not away; else the deputy, or the deputy's deputy; None if they are all away."""
    passed: set[int] = set()
    stands: int | None = contact_id
    while stands is not None and stands in deputies:
        if stands in passed:
            return None
        passed.add(stands)
        stands = deputies[stands]
    reachable = stands == contact_id or there is None or stands in there
    return stands if reachable else None


def _at(spans: Iterable[Some], at: datetime) -> list[Some]:
    return [span for span in spans if span.begins_at <= at < span.ends_at]
