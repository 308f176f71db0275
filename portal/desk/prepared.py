"""The work list's statements, each built once for every shape of who asks: building costs more than asking does.

A shape is what a statement depends on besides values: the roles, whether there is a unit and an officer, what the list
is narrowed to. The values are bound when it is asked. Further down a list it is built anew.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam

from portal.desk import queries
from portal.desk.state import DueWithin, Sieve
from portal.tickets.models import Clock
from portal.tickets.shape import Prepared, Shape, bound, shape_of, spelled_out
from portal.web.actor import Actor

KEPT = 500
"Statements kept; there are as many as there are ways to narrow a list that somebody used lately."
Columns = Callable[[Select[Clock]], Select[Any]]


def counts(
    actor: Actor, at: datetime, tz: ZoneInfo, sieves: Mapping[str, Sieve], shown: Sieve | None = None
) -> Prepared:
    """`queries.counts`."""
    return Prepared(_counts(shape_of(actor), tz, tuple(sieves.items()), shown), bound(actor, **_instants(at)))


def first_clocks(actor: Actor, sieve: Sieve, at: datetime, tz: ZoneInfo, size: int, columns: Columns) -> Prepared:
    """The first page of `queries.clocks`, as `columns` asks for it."""
    return Prepared(_clocks(shape_of(actor), sieve, tz, size, columns), bound(actor, **_instants(at)))


@lru_cache(KEPT)
def _counts(
    shape: Shape, tz: ZoneInfo, sieves: tuple[tuple[str, Sieve], ...], shown: Sieve | None
) -> Select[*tuple[Any, ...]]:
    return spelled_out(queries.counts(shape.actor(), _at(), tz, dict(sieves), shown))


@lru_cache(KEPT)
def _clocks(shape: Shape, sieve: Sieve, tz: ZoneInfo, size: int, columns: Columns) -> Select[Any]:
    return spelled_out(columns(queries.clocks(shape.actor(), sieve, _at(), tz, None, size)))


def _at() -> datetime:
    return cast(datetime, bindparam("at"))


def _instants(at: datetime) -> dict[str, datetime]:
    """What the names mean under which the statements know when they are asked."""
    return {"at": at, **{f"until_{due}": at + due.time for due in DueWithin}}
