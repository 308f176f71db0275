"""The ladder: when a unit that owes something is urged, and who above it is told when its limit passes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from directory.chain import ChainError, Parents, chain_to, lowest_common_ancestor
from directory.working_time import WORKING_DAY, WorkingCalendar, calendar_day_end
from portal.procedures.limit import Limit, LimitUnit

UNCOUNTED_PLACES = frozenset({"corps", "common superior"})
"Places whose tasks do not lift the top of a ticket's ladder, and whose own ladder ends with the owing unit."


class ClockKind(StrEnum):
    SIGN_FOR = "sign_for"
    ANSWER = "answer"
    OVERALL = "overall"


@dataclass(frozen=True)
class Policy:
    """The ladder's values for one urgency, in working minutes and per cent; frozen on a ticket at its opening."""

    urge_percent: int = 75
    interval_minutes: int = WORKING_DAY
    "between rung k and rung k + 1, from rung 1 on"
    sign_for_minutes: int = 240
    amend_minutes: int = 2 * WORKING_DAY
    "what a return gives the opener"
    hold_minutes: int = WORKING_DAY
    "by how much *I am on it* puts the next rung off"
    explain_from_rung: int = 2
    "the rung from which an answer must carry a written explanation"
    counts_duty: int = 0
    "1: the owing unit's duty shifts are working time too"

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Policy":
        """From what `to_dict` gave, by any version: unknown keys are left out, missing ones have their default."""
        return _policy(tuple(values.items()))


@lru_cache(1_000)
def _policy(items: tuple[tuple[str, Any], ...]) -> Policy:
    """Tickets by the thousand have the same values, and are asked for them again and again."""
    known = {field.name for field in fields(Policy)}
    return Policy(**{name: int(value) for name, value in items if name in known})


POLICIES: Mapping[str, Policy] = MappingProxyType(
    {"normal": Policy(), "urgent": Policy(interval_minutes=WORKING_DAY // 2, counts_duty=1)}
)


@dataclass(frozen=True)
class Instants:
    """When a limit's urge and its end fall, as shown: a calendar day's end is 24:00 even where nobody works then."""

    urge_at: datetime
    due_at: datetime
    provisional: bool
    "whether they rest on working days that are only assumed; calendar days never do"


@dataclass(frozen=True)
class Rung:
    """One mail of the ladder: 0 is the urge to the owing unit's desk, each further one is one unit higher."""

    number: int
    at: datetime
    unit: str
    skipped: bool
    "nobody is reachable there: the next rung has this one's instant"


@dataclass(frozen=True)
class Hold:
    """*I am on it*, said after a rung: the next one is not climbed before `until`."""

    rung: int
    until: datetime


def instants(
    start: datetime,
    limit: Limit,
    calendar: WorkingCalendar,
    policy: Policy,
    *,
    start_day: date | None = None,
    extended: int = 0,
) -> Instants:
    """Urge and end of a limit that begins at `start`, in the owing unit's calendar, its pauses left out.

    Calendar days are counted from `start_day`, else from the local day of `start`. Parts of a limit are rounded down.
    `extended`: working days granted beyond it.
    """
    if limit.unit is LimitUnit.CALENDAR_DAY:
        first = start_day or start.astimezone(calendar.tz).date()
        return _extended(_calendar_days(first, limit.amount, calendar, policy), extended, calendar, policy)
    minutes = limit.amount * WORKING_DAY if limit.unit is LimitUnit.WORKING_DAY else limit.amount
    minutes += extended * WORKING_DAY
    due_at = calendar.add(start, minutes)
    urge_at = calendar.add(start, _until_urge(minutes, policy))
    return Instants(urge_at, due_at, calendar.provisional(due_at))


def ladder(
    *,
    urge_at: datetime,
    due_at: datetime,
    chain: Sequence[str],
    calendar: WorkingCalendar,
    policy: Policy,
    reachable: Callable[[str, int], bool],
    hold: Hold | None = None,
) -> list[Rung]:
    """The rungs of one clock, lowest first: all that `rungs_in_turn` gives."""
    return list(
        rungs_in_turn(urge_at=urge_at, due_at=due_at, chain=chain, calendar=calendar, policy=policy,
                      reachable=reachable, hold=hold)
    )  # fmt: skip


def rungs_in_turn(
    *,
    urge_at: datetime,
    due_at: datetime,
    chain: Sequence[str],
    calendar: WorkingCalendar,
    policy: Policy,
    reachable: Callable[[str, int], bool],
    hold: Hold | None = None,
) -> Iterator[Rung]:
    """The rungs of one clock: 0 and 1 at `chain[0]`, the owing unit, rung k at `chain[k - 1]`; each is worked out when
    it is asked for, so that who only wants the next need not know of those above it.

    `chain` ends with the ticket's top (see `climbing_chain`), `calendar` is the owing unit's. `reachable(unit, number)`
    says whether somebody is there for a rung; of a rung that was climbed already, whether somebody was there then.
    An instant outside working time moves to the next opening; a closing is still working time.
    """
    if not chain:
        raise ValueError("a ladder needs the unit that owes")
    yield Rung(0, calendar.at_or_next_opening(urge_at), chain[0], not reachable(chain[0], 0))
    yield from _escalations(calendar.at_or_next_opening(due_at), chain, calendar, policy, reachable, hold)


def top_of_ladder(opener: str, tasks: Iterable[tuple[str, str, bool]], parents: Parents) -> str:
    """The lowest unit that commands all places of a ticket; nobody above it is ever mailed.

    `tasks` are (place, unit, cancelled), waiting ones included. ChainError if no unit commands them all.
    """
    units = {unit for place, unit, cancelled in tasks if not cancelled and place not in UNCOUNTED_PLACES}
    top = lowest_common_ancestor({opener, *units}, parents)
    if top is None:
        raise ChainError(f"no unit commands all of {sorted({opener, *units})}")
    return top


def climbing_chain(unit: str, place: str, top: str, parents: Parents) -> tuple[str, ...]:
    """The units that a task's ladder climbs, from the owing unit to `top`; for an uncounted place that unit alone."""
    return (unit,) if place in UNCOUNTED_PLACES else chain_to(unit, top, parents)


def _calendar_days(first: date, days: int, calendar: WorkingCalendar, policy: Policy) -> Instants:
    stood = sum((_local_day(until, calendar) - _local_day(since, calendar)).days for since, until in calendar.pauses)
    urge_at = calendar_day_end(first, _until_urge(days, policy) + stood, calendar.tz)
    return Instants(urge_at, calendar_day_end(first, days + stood, calendar.tz), provisional=False)


def _local_day(at: datetime, calendar: WorkingCalendar) -> date:
    return at.astimezone(calendar.tz).date()


def _extended(when: Instants, days: int, calendar: WorkingCalendar, policy: Policy) -> Instants:
    """Calendar days, and working days granted beyond their end."""
    if not days:
        return when
    due_at = calendar.add(when.due_at, days * WORKING_DAY)
    urge_at = calendar.add(when.urge_at, _until_urge(days * WORKING_DAY, policy))
    return Instants(urge_at, due_at, calendar.provisional(due_at))


def _until_urge(amount: int, policy: Policy) -> int:
    return amount * policy.urge_percent // 100


def _escalations(
    at: datetime,
    chain: Sequence[str],
    calendar: WorkingCalendar,
    policy: Policy,
    reachable: Callable[[str, int], bool],
    hold: Hold | None,
) -> Iterable[Rung]:
    for number, unit in enumerate(chain, start=1):
        if hold is not None and number > hold.rung:
            at = max(at, hold.until)
        skipped = not reachable(unit, number)
        yield Rung(number, at, unit, skipped)
        if not skipped:
            at = calendar.add(at, policy.interval_minutes)
