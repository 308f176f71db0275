"""The guide in force, and where the public can go: units by district, with nothing but what the public may know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from directory.models import Locality, LocalityLevel, Unit, UnitAncestor, UnitKind
from portal.guide.catalogue import Section, Statement, shipped
from portal.guide.models import GuideVersion

ACCEPTING = (UnitKind.HALL, UnitKind.STATION)
"What a citizen goes to; the corps and the detachments have no window."


@dataclass(frozen=True)
class Shown:
    """A section as the public reads it, and when it was changed; null: as it ships."""

    section: Section
    changed_at: datetime | None
    serial: int


def versions(section: str) -> Select[GuideVersion]:
    """Every version of a section, the newest first."""
    return select(GuideVersion).where(GuideVersion.section == section).order_by(GuideVersion.id.desc())


def in_force(session: Session) -> list[Shown]:
    """The sections in their order, with one statement."""
    newest = select(func.max(GuideVersion.id)).group_by(GuideVersion.section)
    written = {one.section: one for one in session.scalars(select(GuideVersion).where(GuideVersion.id.in_(newest)))}
    return [_shown(section, written.get(key)) for key, section in shipped().items()]


def one_in_force(session: Session, key: str) -> Shown:
    """A section that there is."""
    return _shown(shipped()[key], session.scalar(versions(key).limit(1)))


def statements_of(version: GuideVersion) -> tuple[Statement, ...]:
    """What a version says."""
    return tuple(Statement.from_dict(row) for row in version.statements)


def districts(level: LocalityLevel) -> Select[Locality]:
    """The divisions of a level, in the order of their codes."""
    return select(Locality).where(Locality.level == level).order_by(Locality.code)


def of_codes(codes: Collection[str], today: date) -> Select[*tuple[Any, ...]]:
    """Those of the units that the public can go to, and of them what the public may know."""
    return _public(today).where(Unit.code.in_(codes))


def of_district(code: str, today: date, most: int) -> Select[*tuple[Any, ...]]:
    """The hall of a county and the stations below it, and what else lies in it; the hall first."""
    halls = select(Unit.code).where(Unit.locality_code == code, Unit.kind == UnitKind.HALL)
    below = select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code.in_(halls))
    here = or_(Unit.locality_code == code, Unit.code.in_(below))
    return _public(today).where(here).order_by(Unit.kind, Unit.code).limit(most)


def names_of(session: Session, codes: Collection[str]) -> Mapping[str, str]:
    """The names of divisions, by code."""
    rows = session.execute(select(Locality.code, Locality.name).where(Locality.code.in_(codes)))
    return {row.code: row.name for row in rows}


def _public(today: date) -> Select[*tuple[Any, ...]]:
    columns = (Unit.code, Unit.name, Unit.kind, Unit.locality_code, Unit.address, Unit.public_phone)
    still_there = or_(Unit.closed_on.is_(None), Unit.closed_on > today)
    return select(*columns).where(Unit.kind.in_(ACCEPTING), Unit.in_service_from <= today, still_there)


def _shown(section: Section, version: GuideVersion | None) -> Shown:
    if version is None:
        return Shown(section, None, 0)
    return Shown(replace(section, statements=statements_of(version)), version.at, version.id)
