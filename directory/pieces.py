"""What the parts of a word may mean: the beginning of a term, a kind, a role."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from sqlalchemy import Select, String, bindparam, func, select
from sqlalchemy.orm import Session

from directory.batched import batched
from directory.models import LookupTerm
from directory.words import KIND_WORDS, LONGEST_WORD, ROLE_WORDS, Pieces, is_number, kind_at_end

ASKED_AT_A_TIME = 16

Spelling = Callable[[str], list[str]]


def pieces_of(session: Session, words: Sequence[str], spelling: Spelling) -> list[Pieces]:
    """The parts, of two characters at least, of each word that begin a term or name a kind or a role."""
    spelled = [spelling(word) if len(word) <= LONGEST_WORD else [] for word in words]
    tails = ["".join(parts[start:]) for parts in spelled for start in range(len(parts))]
    reached = dict(zip(tails, _reached(session, tails), strict=True))
    return [_meaning(word, parts, reached) for word, parts in zip(words, spelled, strict=True)]


def _meaning(word: str, parts: Sequence[str], reached: Mapping[str, int]) -> Pieces:
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
    for asked in batched(texts, ASKED_AT_A_TIME):
        padded = [*asked, *[""] * (ASKED_AT_A_TIME - len(asked))]
        given = {f"text_{place}": text for place, text in enumerate(padded)}
        row = session.connection().execute(_neighbours(), given).one()
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
