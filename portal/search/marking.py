"""Where the words of a question stand in a text: whether they do, and a piece of the text with them marked."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

BEFORE, LONGEST = 24, 110
"Characters before the first hit, and of the whole piece."


@dataclass(frozen=True)
class Piece:
    """A part of a text, marked where it is a hit."""

    text: str
    marked: bool = False


def says(texts: Iterable[str], word: str) -> bool:
    """Whether one of the texts holds the word, which is as `words.normal` gives it."""
    return any(word in _flat(text)[0] for text in texts)


def marked(text: str, words: Sequence[str], longest: int = LONGEST) -> list[Piece]:
    """The part of the text around the first word, the words in it marked; none where no word stands in it."""
    spans = _spans(text, words)
    if not spans:
        return []
    first = max(0, spans[0][0] - BEFORE) if len(text) > longest else 0
    last = min(len(text), first + longest)
    pieces, at = [Piece("…")] if first else [], first
    for start, end in (span for span in spans if span[1] <= last):
        pieces += [Piece(text[at:start]), Piece(text[start:end], marked=True)]
        at = end
    pieces.append(Piece(text[at:last] + ("…" if last < len(text) else "")))
    return [piece for piece in pieces if piece.text]


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand, in order, none over another."""
    flat, places = _flat(text)
    found: list[tuple[int, int]] = []
    for word in words:
        at = flat.find(word)
        while at >= 0:
            found.append((places[at], places[at + len(word) - 1] + 1))
            at = flat.find(word, at + len(word))
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _flat(text: str) -> tuple[str, list[int]]:
    """The text as words are compared, and for each of its characters the place where it came from."""
    flat, places = [], []
    for place, character in enumerate(text):
        plain = _plain(character)
        flat.append(plain)
        places.extend([place] * len(plain))
    return "".join(flat), places


@cache
def _plain(character: str) -> str:
    return unicodedata.normalize("NFKC", character).casefold()
