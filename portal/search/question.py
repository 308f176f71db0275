"""What was typed, as a search asks it: each word with the terms that a ticket must have, or the units it may mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from directory.lookup import GUESSED, find
from portal.terms.indexing import Asks, asking, unit_term
from portal.terms.words import is_chinese, terms_of, words_of
from portal.web.actor import Actor

MOST_WORDS, MOST_UNITS = 8, 10
SHORTEST = 2
"A single Chinese character stands nearly everywhere, and tells next to nothing."


@dataclass(frozen=True)
class Word:
    """One word: of each group a ticket must have one token; or the word means one of the units."""

    text: str
    groups: Sequence[Sequence[int]]
    units: frozenset[str] = frozenset()


def too_short(text: str) -> bool:
    """Whether nothing is left to search by: no word of two characters or more."""
    return not _words(text)


def asked(session: Session, actor: Actor, text: str) -> list[Word]:
    """The words as they are typed; one in Latin letters may also be a unit's pinyin or initials."""
    ask = asking(session)
    return [_as_written(session, actor, word, ask) for word in _words(text)]


def asked_of_units(session: Session, actor: Actor, text: str) -> list[Word]:
    """The words again, those that name a unit in any way (临江所, 省厅) taken as that unit."""
    ask = asking(session)
    return [_as_unit(session, actor, word, ask) or _as_written(session, actor, word, ask) for word in _words(text)]


def _words(text: str) -> list[str]:
    return [word for word in words_of(text) if len(word) >= SHORTEST][:MOST_WORDS]


def _as_written(session: Session, actor: Actor, word: str, ask: Asks) -> Word:
    if is_chinese(word):
        return Word(word, [ask([term]) for term in terms_of(word)])
    units = _units(session, actor, word)
    return Word(word, [ask([word, *map(unit_term, units)])], units)


def _as_unit(session: Session, actor: Actor, word: str, ask: Asks) -> Word | None:
    units = _units(session, actor, word)
    return Word(word, [ask(map(unit_term, units))], units) if units else None


def _units(session: Session, actor: Actor, word: str) -> frozenset[str]:
    hits = find(session, word, MOST_UNITS, actor.unit_code)
    return frozenset(hit.unit_code for hit in hits if hit.score < GUESSED)
