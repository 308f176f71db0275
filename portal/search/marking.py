"""Where the words of a question stand in a text: whether they do, and a piece of the text with them marked."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


def _flat(text: str) -> tuple[str, Sequence[int]]:
    """The text as words are compared, and for each of its characters the place where it came from."""
    flat = text.translate(_PLAIN)
    if _PLAIN.others.isdisjoint(text):
        return flat, range(len(text))
    return flat, [place for place, character in enumerate(text) for _each in _PLAIN[ord(character)]]


class _Plain(dict[int, str]):
    """What each character is compared as, worked out when it is first met."""

    def __init__(self) -> None:
        super().__init__()
        self.others: set[str] = set()
        "Those that are compared as none, or as several."

    def __missing__(self, code: int) -> str:
        plain = self[code] = unicodedata.normalize("NFKC", chr(code)).casefold()
        if len(plain) != 1:
            self.others.add(chr(code))
        return plain


_PLAIN = _Plain()
