"""What is left to find when the wrong characters are set aside: the units whose names are likest to what was typed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from operator import eq

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from directory.called import short_names
from directory.conditions import (
    Asker,
    Shape,
    among_equals,
    begins,
    is_of,
    narrowing,
    narrowing_parameters,
    word_parameters,
)
from directory.matching import TERMS_AT_MOST, Hit, answering
from directory.models import LookupTerm, Unit
from directory.names import Field
from directory.pieces import pieces_of
from directory.words import MOST_WORDS, Query, best_cover, is_chinese

CANDIDATES_AT_MOST = 200
MOST_CHARACTERS = 0.6
IN_PLACE = 0.51
"The likeness of two names of two characters, one of which is the same and at the same place."
LIKE, FAR = 4, 50
"Scores: worse than what begins with the words by their sound, better than what holds them; worse than either."


def nearest(session: Session, query: Query, asker: Asker) -> list[Hit]:
    """Guesses at Chinese words of which some characters are wrong."""
    chinese = [word for word in query.words if is_chinese(word)]
    others = tuple(word for word in query.words if not is_chinese(word))
    covers = [best_cover(word, meant) for word, meant in zip(chinese, pieces_of(session, chinese, list), strict=True)]
    rest = "".join(over for _, over in covers)
    pieces = (*others, *dict.fromkeys(piece for cover, _ in covers for piece in cover))[:MOST_WORDS]
    if not rest and len(query.words) > 1:
        return []
    if rest and not query.with_words(pieces).words:
        return _by_characters(session, query.with_words(pieces), rest, asker)
    return _by_pieces(session, query, pieces, rest, asker)


def _by_pieces(session: Session, query: Query, pieces: Sequence[str], rest: str, asker: Asker) -> list[Hit]:
    """Units that answer to the pieces, or else to the first or the last of them, and are named like the rest."""
    for kept, left in _parted(pieces):
        if not (over := "".join((*left, rest))):
            continue
        sure = replace(query.with_words(tuple(kept)), more_was_said=True)
        hits = answering(session, sure, asker, CANDIDATES_AT_MOST)
        least = 0 if len(over) <= sum(map(len, kept)) else MOST_CHARACTERS
        if likely := _likest(session, over, hits, least, FAR):
            return likely
    return []


def _parted(pieces: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """All of them, then ever fewer: the first, and what is after them; the last, and what is before."""
    yield pieces, ()
    for count in range(len(pieces) - 1, 0, -1):
        yield pieces[:count], pieces[count:]
        yield pieces[-count:], pieces[:-count]


def _by_characters(session: Session, query: Query, characters: str, asker: Asker) -> list[Hit]:
    """Units whose name holds most of the characters, in any order; of a name of two it holds one at its place."""
    distinct = sorted(filter(is_chinese, set(characters)))
    if not distinct:
        return []
    shape = replace(Shape.of(query, asker), words=len(distinct))
    held = union_all(*(_holding(place) for place in range(len(distinct)))).subquery("held")
    count = func.count(held.c.place.distinct())
    of_two = len(characters) == 2
    narrowed = query.kinds or query.roles or of_two
    least = math.ceil(len(distinct) / 2) if narrowed else max(2, math.ceil(len(distinct) * MOST_CHARACTERS))
    statement = (
        select(Unit.code)
        .join(held, held.c.unit_code == Unit.code)
        .where(*narrowing(shape))
        .group_by(Unit.code)
        .having(count >= least)
        .order_by(count.desc(), *among_equals(shape, Unit, Unit))
        .limit(CANDIDATES_AT_MOST)
    )
    parameters = {**word_parameters(distinct), **narrowing_parameters(query, asker)}
    hits = [Hit(code, Field.NAME.value, LIKE) for code in session.scalars(statement, parameters)]
    return _likest(session, characters, hits, IN_PLACE if of_two else 0, LIKE)


def _holding(place: int) -> Select[*tuple[str, int]]:
    """The units whose name holds a character, the first of very many: where a name ends with it comes first."""
    term = select(LookupTerm).where(begins(LookupTerm, place))
    first = term.order_by(LookupTerm.term, LookupTerm.weight, LookupTerm.unit_code).limit(TERMS_AT_MOST).subquery()
    some = aliased(LookupTerm, first)
    return select(some.unit_code, literal(place).label("place")).where(is_of(some, Field.NAME))


def _likest(session: Session, rest: str, hits: Sequence[Hit], least: float, score: int) -> list[Hit]:
    """Those first whose short name is likest to what was left over; none that is less like it than `least`."""
    codes = [hit.unit_code for hit in hits]
    names = session.execute(select(Unit.code, Unit.name).where(Unit.code.in_(codes))).all()
    likeness = {code: _likeness(rest, short_names(name)[0]) for code, name in names}
    likely = [replace(hit, score=score) for hit in hits if likeness[hit.unit_code] >= least]
    return sorted(likely, key=lambda hit: -likeness[hit.unit_code])


def _likeness(one: str, other: str) -> float:
    """Of 0 to 1, as for the same characters in another order, and a little more where some stand at the same place."""
    if sorted(one) == sorted(other):
        return 1
    same = sum(map(eq, one, other)) if len(one) == len(other) else 0
    return SequenceMatcher(None, one, other).ratio() + same * (IN_PLACE - 0.5)
