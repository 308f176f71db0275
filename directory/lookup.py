"""From the words typed into the look-up box to the units meant, best first.

The words are read in the plainest way that finds anything: as typed; cut apart where words of several levels run
together (长春朝阳桂林); by their sound (贵林); one slip mended (chnagyi); and last by what is left when the wrong
characters are set aside. A way of reading is tried only when those before it found nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, groupby, islice, product

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from directory.colloquial import written
from directory.conditions import Asker
from directory.edition import kept
from directory.likeness import CANDIDATES_AT_MOST, nearest
from directory.listing import listed
from directory.matching import Hit, answering
from directory.models import LookupTerm
from directory.pieces import Spelling, pieces_of
from directory.spelling import spell
from directory.words import (
    LONGEST_WORD,
    MOST_WORDS,
    Query,
    apart,
    dialled,
    joined,
    misspellings,
    parse,
    sounded,
    splits,
    unfinished,
)

__all__ = ["GUESSED", "Hit", "find"]

READINGS_AT_MOST = 12
CUTS_AT_MOST = 64
SHORTEST_MENDED = 4
GUESSED = 100
FITS, DOUBTFUL = 0, 7


def find(
    session: Session,
    words: str,
    limit: int = 10,
    near: str | None = None,
    *,
    partners: Collection[str] = (),
    public: bool = False,
) -> list[Hit]:
    """The units meant by `words`, best first; an empty list for words that mean nothing, never an error.

    `near` is the code of the unit that asks, `partners` are the codes of those it works with most. `public`: nothing is
    found by what the public may not know (`names.PUBLIC`).
    """
    known, asked = kept(session), (words, limit, near, tuple(partners), public)
    if (hits := known.found.get(asked)) is None:
        found = _found(session, parse(words), Asker(near, partners, public), min(limit, CANDIDATES_AT_MOST))
        hits = known.remember(known.found, asked, found)
    return list(hits)


def _found(session: Session, query: Query, asker: Asker, limit: int) -> list[Hit]:
    if not query or limit < 1:
        return []
    if not query.words:
        if asker.public and not query.kinds:
            return []  # a role alone: who holds one is not the public's to know
        return _answers(session, query, asker, limit)
    tried: set[Query] = set()
    for readings in _stages(session, query):
        hits = (hit for reading in _new(readings, tried) for hit in _answers(session, reading, asker, limit))
        if best := _first(limit, hits):
            return _first(limit, [*_unless_sure(session, query, asker, limit, best), *best])
    return _guesses(session, written(apart(query)), asker, limit, tried)


def _answers(session: Session, reading: Query, asker: Asker, limit: int) -> list[Hit]:
    """Of a reading that names kinds and roles alone all that are of them."""
    return (answering if reading.words else listed)(session, reading, asker, limit) if reading else []


def _new(readings: Iterable[Query], tried: set[Query]) -> Iterator[Query]:
    for reading in readings:
        if reading not in tried:
            tried.add(reading)
            yield reading


def _unless_sure(session: Session, query: Query, asker: Asker, limit: int, best: Sequence[Hit]) -> Iterator[Hit]:
    """What a word of letters fits exactly but for a slip, where the initials in it fit something badly."""
    if min(hit.score for hit in best) >= DOUBTFUL:
        for reading in _mended(session, joined(query)):
            hits = answering(session, reading, asker, limit)
            yield from _marked((hit for hit in hits if hit.score == FITS), limit)


def _first(limit: int, hits: Iterable[Hit]) -> list[Hit]:
    """Each unit once, as it was found first."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.unit_code, hit)
    return list(best.values())[:limit]


# How the words may be read, the plainest way first


def _stages(session: Session, typed: Query) -> Iterator[Iterable[Query]]:
    """Each made when it is asked for: nearly always the first is the last."""
    yield from _together_or_not(typed)
    query = apart(typed)
    yield from _together_or_not(query)
    for change in (written, unfinished, dialled):
        yield from _together_or_not(change(query))
    yield from _cut(session, written(query), list)


def _together_or_not(query: Query) -> Iterator[Iterable[Query]]:
    yield [joined(query)]
    yield [query]


def _guesses(session: Session, query: Query, asker: Asker, limit: int, tried: set[Query]) -> list[Hit]:
    """What may have been meant, slips of typing supposed, until one fits exactly; then what is like the words."""
    guessed: list[Hit] = []
    for readings in _slips(session, query):
        guessed += (hit for reading in _new(readings, tried) for hit in answering(session, reading, asker, limit))
        if guessed and min(hit.score for hit in guessed) <= FITS:
            break
    guessed += nearest(session, query, asker)
    return _marked(sorted(guessed, key=lambda hit: hit.score), limit)


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
    meant = pieces_of(session, words, spelling)
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
            exist = set(session.connection().scalars(_existing(), {"words": candidates}))
            for candidate in [one for one in candidates if one in exist][:READINGS_AT_MOST]:
                yield query.with_words((*query.words[:place], candidate, *query.words[place + 1 :]))


@cache
def _existing() -> Select[str]:
    return select(LookupTerm.term).where(LookupTerm.term.in_(bindparam("words", expanding=True))).distinct()
