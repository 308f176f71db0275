"""Coming into service by date: the pilot places first, then the rest; one day set for a unit and all below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from directory.history import By, note_fields
from directory.models import Unit
from directory.queries import subtree_codes


@dataclass(frozen=True)
class Standing:
    """How many units of a subtree are in service, come into service on which day, and have no day yet."""

    in_service: int
    coming: Sequence[tuple[date, int]]
    undated: int

    @property
    def waiting(self) -> int:
        """Those that cannot be given a ticket yet."""
        return self.undated + sum(count for _day, count in self.coming)


def standing(session: Session, code: str, today: date) -> Standing:
    """Of the unit and all below it that are not closed."""
    counted = select(Unit.in_service_from, func.count()).where(*_open_below(code)).group_by(Unit.in_service_from)
    days = dict(session.execute(counted).all())
    return Standing(
        in_service=sum(count for day, count in days.items() if day is not None and day <= today),
        coming=sorted((day, count) for day, count in days.items() if day is not None and day > today),
        undated=days.get(None, 0),
    )


def set_first_day(
    session: Session,
    code: str,
    day: date | None,
    today: date,
    at: datetime,
    by: By,
    why: str = "",
    *,
    below: bool = True,
    waiting_only: bool = True,
) -> int:
    """Let the unit, and with `below` all below it, come into service on this day; None: no day is known yet.

    With `waiting_only` those that are in service already keep their day. How many have another day afterwards.
    """
    chosen = _open_below(code) if below else (Unit.code == code, Unit.closed_on.is_(None))
    statement = select(Unit).where(*chosen)
    if waiting_only:
        statement = statement.where(or_(Unit.in_service_from.is_(None), Unit.in_service_from > today))
    held = statement.order_by(Unit.code).with_for_update(of=Unit, key_share=True)
    units = session.scalars(held.execution_options(populate_existing=True)).all()
    changed = (note_fields(session, unit, {"in_service_from": day}, at, by, why) for unit in units)
    return sum(1 for fields in changed if fields)


def _open_below(code: str) -> tuple[ColumnElement[bool], ...]:
    return (and_(Unit.code.in_(subtree_codes(code)), Unit.closed_on.is_(None)),)
