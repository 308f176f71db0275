"""One reading of the words, to the units that answer to it: one statement, the same on every database.

The statement depends on the shape of the query alone (how many words, narrowed to what), and is built once for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from directory.conditions import (
    Asker,
    Reach,
    Shape,
    among_equals,
    begins,
    higher,
    is_of,
    narrowing,
    narrowing_parameters,
    number,
    word_parameters,
)
from directory.models import LookupTerm, Unit, UnitAncestor, UnitKind
from directory.names import FIELDS_PER_RANK, PUBLIC, Field, field_of
from directory.words import Query

TERMS_AT_MOST = 5_000
"How many terms that begin with a word are looked at: more than any word but a single digit has in one province."
TERMS_AT_MOST_OF_SEVERAL = 2_000
"The same where further words, or contacts in a role, are looked for in each unit found."
SHAPES_KEPT = 256

_MOST = bindparam("most", type_=Integer)


@dataclass(frozen=True)
class Hit:
    """A unit found. `score`: 0 is exact, more is further off, and from `lookup.GUESSED` up it is a guess at a slip.

    `matched` names what the words met, the most telling first: `name`, `initials + path`.
    """

    unit_code: str
    matched: str
    score: int


def answering(session: Session, query: Query, asker: Asker, limit: int) -> list[Hit]:
    """The units that answer to every word, of the kinds and with the roles asked for, best first.

    Of a word with very many terms the first and the nearest are enough, unless they are fewer than asked for.
    """
    words = _rarest_first(session, query.words)
    if not words:
        return []
    shape = Shape.of(query, asker)
    most = TERMS_AT_MOST if shape.words == 1 and not shape.roles else TERMS_AT_MOST_OF_SEVERAL
    parameters = {**word_parameters(words), **narrowing_parameters(query, asker), "limit": limit, "most": most}
    rows: Sequence[Sequence[Any]] = session.connection().execute(_statement(shape), parameters).all()
    if _is_cut_off(session, rows, shape, parameters):
        if shape.near:
            rows = session.connection().execute(_statement(replace(shape, reach=Reach.NEAR)), parameters).all()
        if len(rows) < limit:
            rows = session.connection().execute(_statement(replace(shape, reach=Reach.ALL)), parameters).all()
    return [_hit(row[0], row[2:]) for row in rows]


def _is_cut_off(session: Session, rows: Sequence[Sequence[Any]], shape: Shape, parameters: Mapping[str, Any]) -> bool:
    """Whether there are more terms than were looked at; every row tells how many were."""
    if rows:
        return bool(rows[0][1] >= parameters["most"])
    if shape.words == 1 and not (shape.kinds or shape.roles):
        return False
    return bool(session.connection().scalar(_counting(1), parameters) == parameters["most"])


def _hit(code: str, weights: Sequence[int]) -> Hit:
    fields = dict.fromkeys(field_of(weight).value for weight in sorted(weights))
    return Hit(code, " + ".join(fields), sum(weight // FIELDS_PER_RANK for weight in weights))


def _rarest_first(session: Session, words: Sequence[str]) -> tuple[str, ...] | None:
    """The words in the order in which they narrow most, or None if one of them finds nothing anywhere."""
    if len(words) < 2:
        return tuple(words)
    parameters = {**word_parameters(words), "most": TERMS_AT_MOST_OF_SEVERAL}
    counts = tuple(session.connection().execute(_counting(len(words)), parameters).one())
    if 0 in counts:
        return None
    return tuple(word for _, word in sorted(zip(counts, words, strict=True), key=lambda pair: pair[0]))


@cache
def _counting(words: int) -> Select[*tuple[int, ...]]:
    """How many terms begin with each word, counted no further than it takes to compare."""
    few = (
        select(number(1).label("one")).where(begins(LookupTerm, place)).limit(_MOST).subquery()
        for place in range(words)
    )
    return select(*(select(func.count()).select_from(one).scalar_subquery() for one in few))


@lru_cache(maxsize=SHAPES_KEPT)
def _statement(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Unit code, how many terms of the first word were looked at, and the weight of each word, of the units found.

    Who is near is asked only of those that may be among the first: as good, and of as high a kind, as the last of them.
    """
    terms = _terms(shape).cte("terms").prefix_with("MATERIALIZED")
    found = _found(shape, terms)
    weights = list(found.c)[1:]
    score = sum((weight // number(FIELDS_PER_RANK) for weight in weights), start=number(0))
    best = [score] if shape.number else [score, higher(Unit)]
    likely = (
        select(Unit.code, Unit.kind, score.label("score"), *weights, func.rank().over(order_by=best).label("place"))
        .join_from(found, Unit, Unit.code == found.c.unit_code)
        .where(*(weight.is_not(None) for weight in weights), *narrowing(shape))
        .subquery("likely")
    )
    limit: ColumnElement[int] = bindparam("limit", type_=Integer)
    looked_at = select(func.count()).select_from(terms).scalar_subquery().label("looked_at")
    return (
        select(likely.c.code, looked_at, *(likely.c[weight.key] for weight in weights))
        .where(likely.c.place <= limit)
        .order_by(likely.c.score, *among_equals(shape, likely.c, likely))
        .limit(limit)
    )


def _found(shape: Shape, terms: CTE) -> CTE:
    """Unit code, and the least weight at which it answers to each word; null where it does not.

    The first word is looked for everywhere, the others within the units that it found. Materialised, or planners look
    for a word as often as its weight is named, and search the terms by unit since they are to be grouped so.
    """
    best = func.min(terms.c.weight).label("weight_0")
    driver = select(terms.c.unit_code, best).group_by(terms.c.unit_code).subquery("driver")
    others = (_weight_within(driver, place, public=shape.public) for place in range(1, shape.words))
    return select(*driver.c, *others).cte("found").prefix_with("MATERIALIZED")


def _terms(shape: Shape) -> Select[*tuple[str, int]] | CompoundSelect[*tuple[str, int]]:
    """Unit and weight of the terms that begin with the first word."""
    every = select(LookupTerm.unit_code, _weight(LookupTerm, 0)).where(begins(LookupTerm, 0))
    if not shape.narrowed:
        every = every.where(~is_of(LookupTerm, Field.PATH))
    if shape.public:
        every = every.where(is_of(LookupTerm, *PUBLIC))
    if shape.reach is Reach.ALL:
        return every
    first = every.order_by(LookupTerm.term, LookupTerm.weight, LookupTerm.unit_code).limit(_MOST).subquery("first")
    if shape.reach is Reach.FIRST:
        return select(*first.c)
    own, below, head = aliased(UnitAncestor), aliased(UnitAncestor), aliased(Unit)
    prefecture = (
        select(own.ancestor_code)
        .join(head, head.code == own.ancestor_code)
        .where(own.unit_code == bindparam("near"), head.kind == UnitKind.DETACHMENT)
        .scalar_subquery()
    )
    nearby = every.join(below, below.unit_code == LookupTerm.unit_code).where(below.ancestor_code == prefecture)
    return union_all(select(*first.c), nearby)


def _weight_within(driver: Subquery, place: int, *, public: bool) -> ColumnElement[int]:
    term = aliased(LookupTerm)
    within = select(func.min(_weight(term, place))).where(term.unit_code == driver.c.unit_code, begins(term, place))
    if public:
        within = within.where(is_of(term, *PUBLIC))
    return within.correlate(driver).scalar_subquery().label(f"weight_{place}")


def _weight(term: type[LookupTerm], place: int) -> ColumnElement[int]:
    """The weight of a term, a rank less where the word is the whole of it."""
    whole = case((term.term == bindparam(f"word_{place}"), number(FIELDS_PER_RANK)), else_=number(0))
    return (term.weight - whole).label("weight")
