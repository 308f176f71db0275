"""One reading of the words, to the units that answer to it: one statement, the same on every database.

The statement depends on the shape of the query alone (how many words, narrowed to what), and is built once for each.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from directory.models import Contact, ContactState, LookupTerm, Unit, UnitAncestor, UnitKind
from directory.names import FIELDS, FIELDS_PER_RANK, Field, field_of
from directory.words import Query

AFTER_ANY_TERM = "\U0010ffff"
COUNTED_AT_MOST = 1_000
SHAPES_KEPT = 256

KIND_ORDER = {kind: place for place, kind in enumerate(UnitKind)}

type_of_term = type[LookupTerm]


@dataclass(frozen=True)
class Hit:
    """A unit found. `score`: 0 is exact, more is further off, and from `lookup.GUESSED` up it is a guess at a slip.

    `matched` names what the words met, the most telling first: `name`, `initials + path`.
    """

    unit_code: str
    matched: str
    score: int


@dataclass(frozen=True)
class Asker:
    """Partners, then units near the asker's own, come first among equals."""

    near: str | None = None
    partners: Collection[str] = ()


@dataclass(frozen=True)
class Shape:
    """What a statement depends on."""

    words: int
    narrowed: bool
    kinds: bool
    roles: int
    partners: bool
    near: bool

    @classmethod
    def of(cls, query: Query, asker: Asker) -> "Shape":
        """The shape of a query."""
        return cls(
            words=len(query.words),
            narrowed=query.narrowed,
            kinds=bool(query.kinds),
            roles=len(query.roles),
            partners=bool(asker.partners),
            near=bool(asker.near),
        )


def answering(session: Session, query: Query, asker: Asker, limit: int) -> list[Hit]:
    """The units that answer to every word, of the kinds and with the roles asked for, best first."""
    words = _rarest_first(session, query.words)
    if not query or words is None:
        return []
    parameters = {**word_parameters(words), **narrowing_parameters(query, asker), "limit": limit}
    rows = session.execute(_statement(Shape.of(query, asker)), parameters).all()
    return [_hit(query, code, weights) for code, *weights in rows]


def word_parameters(words: Sequence[str]) -> dict[str, str]:
    """The values of `begins` and `_weight`."""
    first = {f"word_{place}": word for place, word in enumerate(words)}
    return first | {f"after_{place}": word + AFTER_ANY_TERM for place, word in enumerate(words)}


def narrowing_parameters(query: Query, asker: Asker) -> dict[str, Any]:
    """The values of `narrowing` and `among_equals`, those that are not asked for left out."""
    roles = {f"role_{place}": role for place, role in enumerate(sorted(query.roles))}
    others = {"kinds": sorted(query.kinds), "partners": sorted(asker.partners), "near": asker.near}
    return roles | {name: value for name, value in others.items() if value}


def begins(term: type_of_term, place: int) -> ColumnElement[bool]:
    """The term begins with the word at this place of the query: a range of an index."""
    return and_(term.term >= bindparam(f"word_{place}"), term.term < bindparam(f"after_{place}"))


def is_of(term: type_of_term, field: Field) -> ColumnElement[bool]:
    """The term is of this field: what `names.field_of` tells of a weight."""
    return (term.weight % FIELDS_PER_RANK) == FIELDS.index(field)


def narrowing(shape: Shape) -> Iterator[ColumnElement[bool]]:
    """Conditions on Unit."""
    if shape.kinds:
        yield Unit.kind.in_(bindparam("kinds", expanding=True))
    for place in range(shape.roles):
        held = exists().where(Contact.unit_code == Unit.code, Contact.role == bindparam(f"role_{place}"))
        yield held.where(Contact.state != ContactState.RETIRED)


def among_equals(shape: Shape) -> Iterator[ColumnElement[Any] | InstrumentedAttribute[str]]:
    """Higher kinds, then partners, then whoever shares most of the chain of command with the asker."""
    yield case(KIND_ORDER, value=Unit.kind)
    if shape.partners:
        yield case((Unit.code.in_(bindparam("partners", expanding=True)), 0), else_=1)
    if shape.near:
        own, other = aliased(UnitAncestor), aliased(UnitAncestor)
        chain = select(own.ancestor_code).where(own.unit_code == bindparam("near"))
        shared = select(func.count()).where(other.unit_code == Unit.code, other.ancestor_code.in_(chain))
        yield shared.correlate(Unit).scalar_subquery().desc()
    yield Unit.code


def _hit(query: Query, code: str, weights: Sequence[int]) -> Hit:
    fields = dict.fromkeys(field_of(weight).value for weight in sorted(weights))
    matched = " + ".join(fields) or ("kind" if query.kinds else "role")
    return Hit(code, matched, sum(weight // FIELDS_PER_RANK for weight in weights))


def _rarest_first(session: Session, words: Sequence[str]) -> tuple[str, ...] | None:
    """The words in the order in which they narrow most, or None if one of them finds nothing anywhere."""
    if len(words) < 2:
        return tuple(words)
    counts = tuple(session.execute(_counting(len(words)), word_parameters(words)).one())
    if 0 in counts:
        return None
    return tuple(word for _, word in sorted(zip(counts, words, strict=True), key=lambda pair: pair[0]))


@cache
def _counting(words: int) -> Select[*tuple[int, ...]]:
    """How many terms begin with each word, counted no further than it takes to compare."""
    few = (
        select(literal(1).label("one")).where(begins(LookupTerm, place)).limit(COUNTED_AT_MOST).subquery()
        for place in range(words)
    )
    return select(*(select(func.count()).select_from(one).scalar_subquery() for one in few))


@lru_cache(maxsize=SHAPES_KEPT)
def _statement(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Unit code and the weight of each word, of the units that answer to every word."""
    found = _found(shape)
    weights = list(found.c)[1:]
    score = sum((weight // FIELDS_PER_RANK for weight in weights), start=literal(0))
    return (
        select(*found.c)
        .join_from(found, Unit, Unit.code == found.c.unit_code)
        .where(*(weight.is_not(None) for weight in weights), *narrowing(shape))
        .order_by(score, *among_equals(shape))
        .limit(bindparam("limit", type_=Integer))
    )


def _found(shape: Shape) -> CTE:
    """Unit code, and the least weight at which it answers to each word; null where it does not.

    The first word is looked for everywhere, the others within the units that it found. Materialised, or planners look
    for a word as often as its weight is named, and search the terms by unit since they are to be grouped so.
    """
    if not shape.words:
        return select(Unit.code.label("unit_code")).cte("found")
    first = select(LookupTerm.unit_code, _weight(LookupTerm, 0)).where(begins(LookupTerm, 0))
    if not shape.narrowed:
        first = first.where(~is_of(LookupTerm, Field.PATH))
    terms = first.cte("terms").prefix_with("MATERIALIZED")
    best = func.min(terms.c.weight).label("weight_0")
    driver = select(terms.c.unit_code, best).group_by(terms.c.unit_code).subquery("driver")
    others = (_weight_within(driver, place) for place in range(1, shape.words))
    return select(*driver.c, *others).cte("found").prefix_with("MATERIALIZED")


def _weight_within(driver: Subquery, place: int) -> ColumnElement[int]:
    term = aliased(LookupTerm)
    within = select(func.min(_weight(term, place))).where(term.unit_code == driver.c.unit_code, begins(term, place))
    return within.correlate(driver).scalar_subquery().label(f"weight_{place}")


def _weight(term: type_of_term, place: int) -> ColumnElement[int]:
    """The weight of a term, a rank less where the word is the whole of it."""
    whole = case((term.term == bindparam(f"word_{place}"), FIELDS_PER_RANK), else_=0)
    return (term.weight - whole).label("weight")
