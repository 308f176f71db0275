"""Kinds and roles without a word (`hall`, 内勤): the units of each kind, the higher kinds first, then from near to far.

So many are not sorted: one goes outwards from the asker until there are enough.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import Session

from directory.conditions import Asker, Shape, narrowing, narrowing_parameters
from directory.matching import SHAPES_KEPT, Hit
from directory.models import Unit, UnitAncestor, UnitKind
from directory.words import Query


def listed(session: Session, query: Query, asker: Asker, limit: int) -> list[Hit]:
    """The units of the kinds and with the roles asked for; partners first, then those nearest to the asker."""
    each = (_of_kind(session, query.of_kind(kind), asker, limit) for kind in UnitKind if query.may_be(kind))
    return [Hit(code, "kind" if query.kinds else "role", 0) for code in islice(chain.from_iterable(each), limit)]


def _of_kind(session: Session, query: Query, asker: Asker, limit: int) -> Iterator[str]:
    shape, parameters = Shape.of(query, asker), narrowing_parameters(query, asker)
    found: set[str] = set()
    for statement, where in _from_near_to_far(session, shape, asker):
        for code in session.scalars(statement, {**parameters, **where, "limit": limit + len(found)}).all():
            if code not in found:
                found.add(code)
                yield code
        if len(found) >= limit:
            return


def _from_near_to_far(session: Session, shape: Shape, asker: Asker) -> Iterator[tuple[Select[str], Mapping[str, Any]]]:
    if asker.partners:
        partners = Unit.code.in_(bindparam("partners", expanding=True))
        yield _listing(shape).where(partners), {"partners": sorted(asker.partners)}
    outwards = select(UnitAncestor.ancestor_code).where(UnitAncestor.unit_code == asker.near)
    for circle in session.scalars(outwards.order_by(UnitAncestor.distance)).all() if asker.near else ():
        yield _within(shape), {"circle": circle}
    yield _listing(shape), {}


@lru_cache(maxsize=SHAPES_KEPT)
def _listing(shape: Shape) -> Select[str]:
    return select(Unit.code).where(*narrowing(shape)).order_by(Unit.code).limit(bindparam("limit", type_=Integer))


@lru_cache(maxsize=SHAPES_KEPT)
def _within(shape: Shape) -> Select[str]:
    """Of a unit and all below it."""
    below = select(UnitAncestor.unit_code).where(UnitAncestor.ancestor_code == bindparam("circle"))
    return _listing(shape).where(Unit.code.in_(below))
