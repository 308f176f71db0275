"""Who is signed in, as every request asks: one statement, built once, with all that a page needs of its reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, bindparam, select

from directory.edition import NUMBER
from directory.models import Unit
from directory.working_time import CHINA
from portal.accounts.models import Officer, RoleGrant, SecondFactor, SignInSession
from portal.accounts.queries import hash_of, is_live
from portal.web.permissions import Role


class UnitName(NamedTuple):
    """A unit as a page names it."""

    code: str
    name: str
    parent: "UnitName | None" = None


@dataclass(frozen=True)
class Reader:
    """An active officer, as things were at one instant."""

    officer_id: int
    name: str
    unit: UnitName
    language: str
    single_keys: bool
    toured: bool
    exempt: bool
    "of the demonstration province, at its invented units: asked for no second factor"
    has_factor: bool
    roles: frozenset[Role]


class Opened(NamedTuple):
    """A session that lives, and whose it is."""

    session_id: int
    seen_at: datetime
    proved_at: datetime | None
    reader: Reader
    edition: int | None
    "of the directory, which nearly every page asks for next"


def session_of(token: str, at: datetime, idle: timedelta) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """The statement for `opened`, and its values: a row for each role, none if the session or the account has ended."""
    return _session(), {"token_hash": hash_of(token), "at": at, "idle_since": at - idle}


def opened(rows: Sequence[Any], at: datetime) -> Opened | None:
    """What the rows tell; a role that has ended counts for nothing."""
    if not rows:
        return None
    first, today = rows[0], at.astimezone(CHINA).date()
    roles = frozenset(row.role for row in rows if row.role is not None and _counts(row.last_day, today))
    above = UnitName(first.parent_code, first.parent_name) if first.parent_code else None
    reader = Reader(
        first.officer_id, first.name, UnitName(first.unit_code, first.unit_name, above), first.language,
        first.single_keys, first.toured_at is not None, first.demonstration and first.invented,
        first.confirmed_at is not None, roles,
    )  # fmt: skip
    return Opened(first.session_id, first.seen_at, first.proved_at, reader, first.edition)


def reader_of(officer: Officer, at: datetime) -> Reader:
    """The same of an officer at hand, who has just come in."""
    unit, factor = officer.unit, officer.factor
    above = UnitName(unit.parent.code, unit.parent.name) if unit.parent else None
    return Reader(
        officer.id, officer.name, UnitName(unit.code, unit.name, above), officer.language, officer.single_keys,
        officer.toured_at is not None, officer.demonstration and unit.invented,
        factor is not None and factor.confirmed_at is not None, officer.roles_on(at.astimezone(CHINA).date()),
    )  # fmt: skip


def _counts(last_day: date | None, today: date) -> bool:
    return last_day is None or today <= last_day


@cache
def _session() -> Select[*tuple[Any, ...]]:
    """Over the tables themselves: a row of columns costs half of what a row of a mapped class does."""
    session, officer, unit = (model.__table__.c for model in (SignInSession, Officer, Unit))
    factor, grant, above = SecondFactor.__table__.c, RoleGrant.__table__.c, Unit.__table__.alias("above")
    live = is_live(cast(datetime, bindparam("at")), since=cast(datetime, bindparam("idle_since")))
    joined = (
        SignInSession.__table__.join(Officer.__table__, officer.id == session.officer_id)
        .join(Unit.__table__, unit.code == officer.unit_code)
        .outerjoin(above, above.c.code == unit.parent_code)
        .outerjoin(SecondFactor.__table__, factor.officer_id == officer.id)
        .outerjoin(RoleGrant.__table__, grant.officer_id == officer.id)
    )
    return (
        select(
            session.id.label("session_id"), session.seen_at, session.proved_at,
            officer.id.label("officer_id"), officer.name, officer.language, officer.single_keys, officer.toured_at,
            officer.demonstration, unit.code.label("unit_code"), unit.name.label("unit_name"), unit.invented,
            above.c.code.label("parent_code"), above.c.name.label("parent_name"), factor.confirmed_at,
            grant.role, grant.last_day, NUMBER.scalar_subquery().label("edition"),
        )
        .select_from(joined)
        .where(session.token_hash == bindparam("token_hash"), officer.active, *live)
    )  # fmt: skip
