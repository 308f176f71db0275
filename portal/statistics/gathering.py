"""The figures of a unit and all below it in a period, read with a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, joinedload

from directory.models import Unit, UnitKind
from directory.queries import children
from portal.procedures.catalogue import Procedure
from portal.procedures.queries import all_procedures
from portal.statistics import queries
from portal.statistics.figures import Figures, of_row, total, without_rare
from portal.statistics.models import CountedDay, CountingMark
from portal.statistics.periods import Period, months_until

MONTHS = 12
Standing = tuple[Sequence[Row[str, str, int, int]], frozenset[str]]
"What waits now, by who asked and who owes; the unit and all below it."


@dataclass
class Pair:
    """What one side asked of the other."""

    received: int = 0
    answered: int = 0
    on_time: int = 0
    waiting: int = 0
    overdue: int = 0

    @property
    def late(self) -> float | None:
        """Of what was answered, answered late."""
        return 1 - self.on_time / self.answered if self.answered else None


@dataclass(frozen=True)
class Matrix:
    """Who waits for whom: for the province every prefecture with every other, else the unit with each of them."""

    whole: bool
    places: Sequence[Unit]
    cells: Mapping[tuple[str, str], Pair]
    "by (who asked, who owes); of a unit below a prefecture's it stands for itself"


@dataclass(frozen=True)
class Report:
    """All that the page, its sheets and the printed report tell."""

    unit: Unit
    period: Period
    before: Period
    now: Figures
    then: Figures
    months: Sequence[tuple[date, Figures]]
    units: Sequence[tuple[Unit, Figures]]
    "the unit itself, then those directly below it, each with all below it"
    procedures: Sequence[tuple[str, Figures]]
    steps: Sequence[tuple[tuple[str, str], Figures]]
    rare: Figures
    rare_steps: Figures
    matrix: Matrix
    catalogue: Mapping[str, Procedure]
    waiting: int
    overdue: int
    counted_at: datetime | None
    uncounted: int = field(default=0)

    @property
    def empty(self) -> bool:
        return not (self.now or self.then or self.waiting or any(each for _month, each in self.months))


def gather(session: Session, unit: Unit, period: Period, before: Period, at: datetime) -> Report:
    """The report of a unit; whoever calls has seen that it is below the reader's own."""
    first = months_until(period.until, MONTHS)[0]
    days = _by_day(session, unit, Period(min(first, before.since, period.since), period.until))
    kinds = {(row[0], row[1]): of_row(row[2:]) for row in session.execute(queries.by_kind(unit.code, period))}
    procedures, rare = without_rare(_by_procedure(kinds))
    steps, rare_steps = without_rare({key: each for key, each in kinds.items() if key[1]})
    below = session.scalars(children(unit.code).options(joinedload(Unit.locality))).all()
    now = _within(days, period)
    standing = session.execute(queries.waiting_pairs(unit.code, at)).all()
    subtree = _subtree(session, unit.code)
    owed = [row for row in standing if row[1] in subtree]
    mark = session.get(CountingMark, 1)
    return Report(
        unit=unit,
        period=period,
        before=before,
        now=now,
        then=_within(days, before),
        months=[(month, _of_month(days, month)) for month in months_until(period.until, MONTHS)],
        units=_by_unit(session, unit, below, now, period),
        procedures=_largest_first(procedures),
        steps=_largest_first(steps),
        rare=rare,
        rare_steps=rare_steps,
        matrix=_matrix(session, unit, below, period, (standing, subtree)),
        catalogue=all_procedures(session),
        waiting=sum(row[2] for row in owed),
        overdue=sum(row[3] for row in owed),
        counted_at=mark.at if mark else None,
        uncounted=session.scalar(select(func.count()).where(CountedDay.counted_at.is_(None))) or 0,
    )


def _by_day(session: Session, unit: Unit, period: Period) -> dict[date, Figures]:
    return {row[0]: of_row(row[1:]) for row in session.execute(queries.by_day(unit.code, period))}


def _within(days: Mapping[date, Figures], period: Period) -> Figures:
    return total(each for day, each in days.items() if period.since <= day <= period.until)


def _of_month(days: Mapping[date, Figures], month: date) -> Figures:
    return total(each for day, each in days.items() if (day.year, day.month) == (month.year, month.month))


def _by_procedure(kinds: Mapping[tuple[str, str], Figures]) -> dict[str, Figures]:
    found: dict[str, Figures] = defaultdict(Figures)
    for (procedure, _step), each in kinds.items():
        found[procedure] += each
    return found


def _largest_first(rows: Mapping[Any, Figures]) -> list[tuple[Any, Figures]]:
    return sorted(rows.items(), key=lambda row: (-row[1].received, -row[1].accepted, row[0]))


def _by_unit(
    session: Session, unit: Unit, below: Collection[Unit], whole: Figures, period: Period
) -> list[tuple[Unit, Figures]]:
    """What the units below did not do, the unit did itself."""
    codes = [each.code for each in below]
    found = {row[0]: of_row(row[1:]) for row in session.execute(queries.by_unit(codes, period))}
    listed = [(each, found[each.code]) for each in below if each.code in found]
    return [(unit, whole - total(found.values())), *sorted(listed, key=lambda row: (-row[1].received, row[0].code))]


def _matrix(session: Session, unit: Unit, below: Sequence[Unit], period: Period, now: Standing) -> Matrix:
    standing, subtree = now
    homes = dict(session.execute(queries.homes()).all())
    places = list(session.scalars(_places()))
    prefectures = [each for each in below if each.kind is UnitKind.DETACHMENT]
    cells: dict[tuple[str, str], Pair] = defaultdict(Pair)
    ends = _Ends(unit.code, bool(prefectures), homes, frozenset(each.code for each in places))
    asked = [unit.code, *(each.code for each in prefectures)]
    for code, asks, other, *counts in session.execute(queries.by_pair(asked, period)):
        ends.enter(cells, code, other, counts, asks=asks)
    for opener, owing, waiting, overdue in standing:
        for key in ends.of_waiting(opener, owing, subtree):
            cells[key].waiting += waiting
            cells[key].overdue += overdue
    return Matrix(ends.whole, places, dict(cells))


@dataclass(frozen=True)
class _Ends:
    """Between whom a cell stands."""

    unit: str
    whole: bool
    homes: Mapping[str, str]
    places: frozenset[str]

    def enter(
        self, cells: dict[tuple[str, str], Pair], code: str, other: str, counts: Sequence[int], *, asks: bool
    ) -> None:
        """Of the province, what its prefectures asked, and what it asked itself: the rest of its own row."""
        if self.whole:
            self._enter_whole(cells, code, other, counts, asks=asks)
        else:
            _add(cells[self._key(other, asks=asks)], counts, 1)

    def _enter_whole(
        self, cells: dict[tuple[str, str], Pair], code: str, other: str, counts: Sequence[int], *, asks: bool
    ) -> None:
        if not asks:
            return
        _add(cells[code, other], counts, 1)
        if code != self.unit:
            _add(cells[self.unit, other], counts, -1)

    def of_waiting(self, opener: str, owing: str, below: Collection[str]) -> list[tuple[str, str]]:
        if self.whole:
            return [(self._home(opener), self._home(owing))]
        asked = [self._key(self._home(owing), asks=True)] if opener in below else []
        return [*asked, *([self._key(self._home(opener), asks=False)] if owing in below else [])]

    def _home(self, code: str) -> str:
        return self.homes.get(code, code)

    def _key(self, other: str, *, asks: bool) -> tuple[str, str]:
        """A unit that is no place of the matrix stands for itself, told apart from its own prefecture by a dash."""
        return ("-", other) if asks else (other, "-")


def _add(pair: Pair, counts: Sequence[int], sign: int) -> None:
    received, answered, on_time = counts
    pair.received += sign * received
    pair.answered += sign * answered
    pair.on_time += sign * on_time


def _places() -> Any:
    """The prefectures' units and the corps, in the order of their codes."""
    kinds = (UnitKind.CORPS, UnitKind.DETACHMENT)
    open_ones = select(Unit).where(Unit.kind.in_(kinds), Unit.closed_on.is_(None))
    return open_ones.options(joinedload(Unit.locality)).order_by(Unit.code)


def _subtree(session: Session, code: str) -> frozenset[str]:
    return frozenset(session.scalars(queries.below(code)))
