"""From the words typed into the look-up box to the units meant, best first.

The words are read in the plainest way that finds anything: as typed; cut apart where words of several levels run
together (长春朝阳桂林); by their sound (贵林); one slip mended (chnagyi); and last by what is left when the wrong
characters are set aside. A way of reading is tried only when those before it found nothing.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache
from itertools import chain, groupby, islice, product

from sqlalchemy import Select, String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from directory.matching import (
    Asker,
    Hit,
    Shape,
    among_equals,
    answering,
    begins,
    is_of,
    narrowing,
    narrowing_parameters,
    word_parameters,
)
from directory.models import LookupTerm, Unit
from directory.names import Field, short_names
from directory.spelling import spell
from directory.words import (
    KIND_WORDS,
    LONGEST_WORD,
    MOST_WORDS,
    ROLE_WORDS,
    Pieces,
    Query,
    apart,
    best_cover,
    is_chinese,
    is_number,
    joined,
    kind_at_end,
    misspellings,
    parse,
    sounded,
    splits,
    unfinished,
)

__all__ = ["GUESSED", "Hit", "find"]

READINGS_AT_MOST = 12
CUTS_AT_MOST = 64
CANDIDATES_AT_MOST = 200
SHORTEST_MENDED = 4
GUESSED = 100
FITS = 0
ASKED_AT_A_TIME = 16
MOST_CHARACTERS = 0.6

Spelling = Callable[[str], list[str]]


def find(
    session: Session, words: str, limit: int = 10, near: str | None = None, *, partners: Collection[str] = ()
) -> list[Hit]:
    """The units meant by `words`, best first; an empty list for words that mean nothing, never an error.

    `near` is the code of the unit that asks, `partners` are the codes of those it works with most.
    """
    query, asker, limit = parse(words), Asker(near, partners), min(limit, CANDIDATES_AT_MOST)
    if not query or limit < 1:
        return []
    tried: set[Query] = set()
    for readings in _stages(session, query):
        hits = (hit for reading in _new(readings, tried) for hit in answering(session, reading, asker, limit))
        if best := _first(limit, hits):
            return best
    return _guesses(session, apart(query), asker, limit, tried)


def _new(readings: Iterable[Query], tried: set[Query]) -> Iterator[Query]:
    for reading in readings:
        if reading not in tried:
            tried.add(reading)
            yield reading


def _first(limit: int, hits: Iterable[Hit]) -> list[Hit]:
    """Each unit once, as it was found first."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.unit_code, hit)
    return list(best.values())[:limit]


# How the words may be read, the plainest way first


def _stages(session: Session, typed: Query) -> Iterator[Iterable[Query]]:
    query = apart(typed)
    for reading in (typed, query, unfinished(query)):
        yield [joined(reading)]
        yield [reading]
    yield from _cut(session, query, list)


def _guesses(session: Session, query: Query, asker: Asker, limit: int, tried: set[Query]) -> list[Hit]:
    """What may have been meant, slips of typing supposed; a guess that fits exactly is the last."""
    guessed: list[Hit] = []
    for readings in _slips(session, query):
        guessed += (hit for reading in _new(readings, tried) for hit in answering(session, reading, asker, limit))
        if guessed and min(hit.score for hit in guessed) <= FITS:
            return _marked(guessed, limit)
    return _marked([*guessed, *_nearest(session, query, asker)], limit)


def _slips(session: Session, query: Query) -> Iterator[Iterable[Query]]:
    yield [joined(sounded(query))]
    yield [sounded(query)]
    yield from _cut(session, query, spell)
    yield _mended(session, joined(query))


def _marked(hits: Iterable[Hit], limit: int) -> list[Hit]:
    return [replace(hit, score=GUESSED + hit.score) for hit in _first(limit, hits)]


def _cut(session: Session, query: Query, spelling: Spelling) -> Iterator[Iterable[Query]]:
    """The words cut into pieces that exist: the ways with fewest pieces, then those with more."""
    words = joined(query).words
    meant = _pieces(session, words, spelling)
    each = (splits(len(word), pieces) for word, pieces in zip(words, meant, strict=True))
    ways = [tuple(dict.fromkeys(chain.from_iterable(way))) for way in islice(product(*each), CUTS_AT_MOST)]
    readings = sorted((way for way in ways if len(way) <= MOST_WORDS), key=len)[:READINGS_AT_MOST]
    for _, alike in groupby(readings, key=len):
        yield (query.with_words(way) for way in alike)


def _mended(session: Session, query: Query) -> Iterator[Query]:
    """One word of letters replaced by an existing word one slip away."""
    for place, word in enumerate(query.words):
        if SHORTEST_MENDED <= len(word) <= LONGEST_WORD:
            candidates = list(dict.fromkeys(misspellings(word)))
            exist = set(session.scalars(_existing(), {"words": candidates}))
            for candidate in [one for one in candidates if one in exist][:READINGS_AT_MOST]:
                yield query.with_words((*query.words[:place], candidate, *query.words[place + 1 :]))


@cache
def _existing() -> Select[str]:
    return select(LookupTerm.term).where(LookupTerm.term.in_(bindparam("words", expanding=True))).distinct()


# What the parts of a word may mean


def _pieces(session: Session, words: Sequence[str], spelling: Spelling) -> list[Pieces]:
    """The parts, of two characters at least, of each word that begin a term or name a kind or a role."""
    spelled = [spelling(word) if len(word) <= LONGEST_WORD else [] for word in words]
    tails = ["".join(parts[start:]) for parts in spelled for start in range(len(parts))]
    reached = dict(zip(tails, _reached(session, tails), strict=True))
    return [_pieces_of(word, parts, reached) for word, parts in zip(words, spelled, strict=True)]


def _pieces_of(word: str, parts: Sequence[str], reached: Mapping[str, int]) -> Pieces:
    """No piece reaches into the name of a kind at the end of a word (桂林路派出所 holds no 路派); a number is whole."""
    pieces: dict[tuple[int, int], str] = {}
    if is_number(word):
        return {(0, len(word)): word}
    name = len(word) - len(kind_at_end(word))
    for start in range(len(parts)):
        reach = reached["".join(parts[start:])]
        for end in range(start + 2, (name if start < name else len(parts)) + 1):
            piece = "".join(parts[start:end])
            if (named := word[start:end]) in KIND_WORDS or named in ROLE_WORDS:
                pieces[start, end] = named
            elif len(piece) <= reach:
                pieces[start, end] = piece
    return pieces


def _reached(session: Session, texts: Sequence[str]) -> Iterator[int]:
    """How much of the beginning of each text is the beginning of some term.

    The term that shares most with a text is its neighbour in the index, before it or after it.
    """
    for first in range(0, len(texts), ASKED_AT_A_TIME):
        asked = texts[first : first + ASKED_AT_A_TIME]
        padded = [*asked, *[""] * (ASKED_AT_A_TIME - len(asked))]
        row = session.execute(_neighbours(), {f"text_{place}": text for place, text in enumerate(padded)}).one()
        for text, before, after in zip(asked, row[::2], row[1::2], strict=False):
            yield max(_shared(text, neighbour or "") for neighbour in (before, after))


def _shared(text: str, other: str) -> int:
    """How many characters the two begin with alike."""
    return next(
        (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two), min(len(text), len(other))
    )


@cache
def _neighbours() -> Select[*tuple[str | None, ...]]:
    before, after = func.max(LookupTerm.term), func.min(LookupTerm.term)
    texts = [bindparam(f"text_{place}", type_=String) for place in range(ASKED_AT_A_TIME)]
    return select(
        *(
            neighbour
            for text in texts
            for neighbour in (
                select(before).where(LookupTerm.term <= text).scalar_subquery(),
                select(after).where(LookupTerm.term >= text).scalar_subquery(),
            )
        )
    )


# What is left when the wrong characters are set aside


def _nearest(session: Session, query: Query, asker: Asker) -> list[Hit]:
    """Guesses at Chinese words of which some characters are wrong."""
    chinese = [word for word in query.words if is_chinese(word)]
    others = tuple(word for word in query.words if not is_chinese(word))
    covers = [best_cover(word, meant) for word, meant in zip(chinese, _pieces(session, chinese, list), strict=True)]
    rest = "".join(over for _, over in covers)
    sure = query.with_words((*others, *dict.fromkeys(piece for cover, _ in covers for piece in cover))[:MOST_WORDS])
    if not rest:
        return []
    if not sure.words:
        return _by_characters(session, sure, rest, asker)
    if len(rest) > sum(map(len, sure.words)):
        return []
    return _likest(session, rest, answering(session, sure, asker, CANDIDATES_AT_MOST))


def _by_characters(session: Session, query: Query, characters: str, asker: Asker) -> list[Hit]:
    """Units whose name holds most of the characters, in any order; two of them at least, if no kind was named."""
    distinct = sorted(set(characters))
    shape = replace(Shape.of(query, asker), words=len(distinct))
    each = (
        select(LookupTerm.unit_code, literal(place).label("place")).where(
            begins(LookupTerm, place), is_of(LookupTerm, Field.NAME)
        )
        for place in range(len(distinct))
    )
    held = union_all(*each).subquery("held")
    count = func.count(held.c.place.distinct())
    narrowed = query.kinds or query.roles
    least = math.ceil(len(distinct) / 2) if narrowed else max(2, math.ceil(len(distinct) * MOST_CHARACTERS))
    statement = (
        select(Unit.code)
        .join(held, held.c.unit_code == Unit.code)
        .where(*narrowing(shape))
        .group_by(Unit.code)
        .having(count >= least)
        .order_by(count.desc(), *among_equals(shape))
        .limit(CANDIDATES_AT_MOST)
    )
    parameters = {**word_parameters(distinct), **narrowing_parameters(query, asker)}
    hits = [Hit(code, Field.NAME.value, 0) for code in session.scalars(statement, parameters)]
    return _likest(session, characters, hits)


def _likest(session: Session, rest: str, hits: Sequence[Hit]) -> list[Hit]:
    """Those first whose short name is likest to what was left over."""
    codes = [hit.unit_code for hit in hits]
    names = session.execute(select(Unit.code, Unit.name).where(Unit.code.in_(codes))).all()
    likeness = {code: SequenceMatcher(None, rest, short_names(name)[0]).ratio() for code, name in names}
    return sorted(hits, key=lambda hit: -likeness[hit.unit_code])
