"""Writes the terms under which units are found: gathers their facts, asks the rule in `names`, replaces the rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Row, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from directory.among import among
from directory.batched import batched
from directory.divisions import divisions
from directory.former import FormerDivision, former_codes, former_divisions, former_prefectures
from directory.models import (
    Contact,
    ContactState,
    Locality,
    LocalityLevel,
    LookupTerm,
    Phone,
    Unit,
    UnitAncestor,
    UnitKind,
)
from directory.names import Above, Person, Served, UnitFacts, terms
from directory.progress import Told, tell_nobody

UNITS_AT_A_TIME = 5_000
ROOM = -64_000
"Of SQLite, as its pragma takes it: negative, so many times 1,024 bytes."
INTO = f"{LookupTerm.__tablename__} (term, weight, unit_code)"
NAMES_APART = "、"
REGISTERS = (UnitKind.CORPS, UnitKind.DETACHMENT, UnitKind.HALL)
"Kinds of unit that serve what has no unit of its own."
_Row = Row[*tuple[Any, ...]]
"A unit's columns: many thousands of units are read, and none is kept."
_UNITS = select(
    Unit.code, Unit.name, Unit.kind, Unit.locality_code, Unit.former_names, Unit.address, Unit.public_phone,
    Unit.successor_code,
)  # fmt: skip
_PLACED = _UNITS.add_columns(Locality.name.label("locality")).join(Locality, Locality.code == Unit.locality_code)


def refresh_lookup_terms(session: Session, unit_codes: Iterable[str], told: Told = tell_nobody) -> None:
    """Write the terms of these units anew. Whoever changes a unit's name, place or parent passes all below it too, and
    whoever leaves a locality without a unit the unit above, which serves it from then on.

    A unit closed into another has no terms of its own: its names and codes lead to its successor. `told` hears how far
    it is, between 0 and 1.
    """
    session.flush()
    codes = sorted(set(unit_codes))
    with _room(session) if len(codes) > UNITS_AT_A_TIME else nullcontext():
        for start in range(0, len(codes), UNITS_AT_A_TIME):
            told(start / len(codes))
            _refresh(session, codes[start : start + UNITS_AT_A_TIME])


@contextmanager
def _room(session: Session) -> Iterator[None]:
    """SQLite keeps more of the file in memory meanwhile: the terms of so many units come to every page of the table."""
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = {ROOM}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {before}")


def _refresh(session: Session, codes: Sequence[str]) -> None:
    obsolete = delete(LookupTerm).where(among(session, codes)(LookupTerm.unit_code))
    session.execute(obsolete.execution_options(synchronize_session=False))
    gathered = list(_gather(session, codes))
    _insert(session, ((term.term, term.weight, code) for code, facts in gathered for term in terms(facts)))


def _insert(session: Session, rows: Iterator[tuple[str, int, str]]) -> None:
    """By the driver itself: there are millions of them when a province comes as a sheet.

    PostgreSQL, which takes longer over them than we do, writes those that it has while the next are worked out; SQLite
    writes them in the order of its table.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {INTO} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    elif ordered := sorted(rows):
        connection.exec_driver_sql(f"INSERT INTO {INTO} VALUES (?, ?, ?)", ordered)  # noqa: S608  no text but ours


def _gather(session: Session, codes: Sequence[str]) -> Iterator[tuple[str, UnitFacts]]:
    merged = _closed_into(session, codes)
    above, people, phones = _above(session, codes), _people(session, codes), _phones(session, codes)
    served = _served(session, codes)
    one_of = among(session, codes)
    listed = _PLACED.where(one_of(Unit.code), Unit.closed_on.is_(None) | Unit.successor_code.is_(None))
    for unit in session.execute(listed):
        locality, closed, former = unit.locality, merged[unit.code], _former_divisions(unit)
        yield (
            unit.code,
            UnitFacts(
                name=unit.name,
                locality=locality,
                codes=(unit.code, unit.locality_code, *(one.code for one in closed)),
                former_codes=tuple(one.code for one in former if one.now[0] == unit.locality_code),
                part_codes=tuple(one.code for one in former if one.now[0] != unit.locality_code),
                served=tuple(served[unit.code]),
                former_names=(
                    *_former(unit),
                    *_former_places(unit, locality),
                    *(name for one in closed for name in (one.name, *_former(one))),
                ),
                address=unit.address,
                people=tuple(people[unit.code]),
                phones=(unit.public_phone, *phones[unit.code]),
                above=tuple(above[unit.code]),
            ),
        )


def _former_divisions(unit: _Row) -> tuple[FormerDivision, ...]:
    """The registers are kept above the stations."""
    return () if unit.kind is UnitKind.STATION else former_codes().get(unit.locality_code, ())


def _former_places(unit: _Row, locality: str) -> list[str]:
    """What the division was called whose registers it keeps, under its code or another: 扶余区 for 宁江区."""
    had = (*former_divisions().get(unit.locality_code, ()), *_former_divisions(unit))
    keeps = (one.name for one in had if one.now[0] == unit.locality_code and unit.kind is not UnitKind.STATION)
    return [name for name in dict.fromkeys(keeps) if name != locality]


def _former(unit: _Row) -> list[str]:
    return [name for name in unit.former_names.split(NAMES_APART) if name]


def _closed_into(session: Session, codes: Sequence[str]) -> dict[str, list[_Row]]:
    """The units closed into each of these, directly or over others."""
    merged: dict[str, list[_Row]] = defaultdict(list)
    heirs = {code: code for code in codes}
    while heirs:
        closed = _UNITS.where(among(session, heirs)(Unit.successor_code), Unit.closed_on.is_not(None))
        found = [unit for unit in session.execute(closed) if unit.successor_code]
        for unit in found:
            merged[heirs[unit.successor_code or ""]].append(unit)
        heirs = {unit.code: heirs[unit.successor_code or ""] for unit in found}
    return merged


def _above(session: Session, codes: Sequence[str]) -> dict[str, list[Above]]:
    """The units above each, the nearest first, and among them the prefectures that had the place before.

    Two statements: in one, a database that knows little of its tables goes through all units for each of these.
    """
    steps = select(UnitAncestor.unit_code, UnitAncestor.ancestor_code, UnitAncestor.distance)
    of_these = steps.where(among(session, codes)(UnitAncestor.unit_code))
    chains = session.execute(of_these.order_by(UnitAncestor.distance)).all()
    units = {unit.code: unit for unit in _higher(session, {step.ancestor_code for step in chains})}
    itself = {code: _as_above(units[code]) for code in {step.ancestor_code for step in chains if step.distance}}
    above: dict[str, list[Above]] = defaultdict(list)
    for code, higher, distance in chains:
        above[code] += [itself[higher]] if distance else []
        above[code] += _had(units[higher].locality_code)
    return above


def _as_above(unit: _Row) -> Above:
    return Above(unit.name, unit.locality, tuple(_former(unit)) if unit.kind is UnitKind.HALL else ())


def _higher(session: Session, codes: Set[str]) -> Iterator[_Row]:
    """Each unit with its locality's name."""
    for some in batched(sorted(codes), UNITS_AT_A_TIME):
        yield from session.execute(_PLACED.where(among(session, some)(Unit.code)))


@cache
def _had(locality_code: str) -> tuple[Above, ...]:
    """The prefectures that a county was of, as if they were above it still."""
    names = {code: one.name for code, one in divisions().items()}
    names |= {code: former[-1].name for code, former in former_divisions().items() if code not in names}
    return tuple(Above("", names[code]) for code in former_prefectures(locality_code) if code in names)


def _served(session: Session, codes: Sequence[str]) -> dict[str, list[Served]]:
    """Localities without a unit: those in the unit's own; a zone that its stations lie in, and all that is there."""
    one_of = among(session, codes)
    unit, station = aliased(Unit), aliased(Unit)
    place, within = aliased(Locality), aliased(Locality)
    without = ~exists().where(Unit.locality_code == place.code, Unit.closed_on.is_(None))
    own = (
        select(unit.code, place.code, place.name)
        .join(place, place.parent_code == unit.locality_code)
        .where(one_of(unit.code), unit.kind.in_(REGISTERS), place.level == LocalityLevel.TOWNSHIP, without)
    )
    zones = (
        select(station.parent_code, within.parent_code)
        .join(within, within.code == station.locality_code)
        .join(unit, unit.code == station.parent_code)
        .where(one_of(station.parent_code), within.parent_code != unit.locality_code)
        .where(within.level == LocalityLevel.TOWNSHIP)
        .distinct()
        .subquery()
    )
    keeper, zone = zones.c
    of_zones = (
        select(keeper, place.code, place.name)
        .join(place, or_(place.code == zone, place.parent_code == zone))
        .where(without)
    )
    served: dict[str, list[Served]] = defaultdict(list)
    for statement in (own, of_zones):
        for code, place_code, name in session.execute(statement.order_by(place.code)):
            served[code].append(Served(place_code, name))
    return served


def _people(session: Session, codes: Sequence[str]) -> dict[str, list[Person]]:
    statement = select(Contact.unit_code, Contact.name, Contact.post)
    listed = statement.where(among(session, codes)(Contact.unit_code), Contact.state != ContactState.RETIRED)
    people: dict[str, list[Person]] = defaultdict(list)
    for code, name, post in session.execute(listed):
        people[code].append(Person(name, post))
    return people


def _phones(session: Session, codes: Sequence[str]) -> dict[str, list[str]]:
    statement = select(Contact.unit_code, Phone.digits).join(Contact, Contact.id == Phone.contact_id)
    listed = statement.where(among(session, codes)(Contact.unit_code), Contact.state != ContactState.RETIRED)
    phones: dict[str, list[str]] = defaultdict(list)
    for code, digits in session.execute(listed):
        phones[code].append(digits)
    return phones
