"""Names in a text: an `@`, and whom it means; the longest name that stands there counts."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

AT = re.compile(r"(?<![A-Za-z0-9._%+-])[@＠]")
"Not the one inside an address."
WORD = re.compile(r"[^\s@＠，。；：、！？,.;:!?（）()《》“”‘’\"']{1,20}")


@dataclass(frozen=True)
class Spot:
    """Where somebody is named: text[begins:ends] is the `@` and the word; `label` is empty where it means nobody."""

    begins: int
    ends: int
    label: str


def spots(text: str, labels: Collection[str]) -> Iterator[Spot]:
    """Every place at which somebody is named, in order; `@` before a blank or a sign names nobody."""
    longest_first = sorted(filter(None, labels), key=len, reverse=True)
    end = 0
    for at in AT.finditer(text):
        if at.start() < end:
            continue
        label = next((label for label in longest_first if _stands(text, at.end(), label)), "")
        word = None if label else WORD.match(text, at.end())
        if label or word:
            end = word.end() if word else at.end() + len(label)
            yield Spot(at.start(), end, label)


def parts(text: str, labels: Collection[str]) -> Iterator[tuple[str, str]]:
    """The text in pieces: (piece, the label that it names, or nothing)."""
    done = 0
    for spot in spots(text, labels):
        if spot.label:
            yield text[done : spot.begins], ""
            yield text[spot.begins : spot.ends], spot.label
            done = spot.ends
    yield text[done:], ""


def _stands(text: str, at: int, label: str) -> bool:
    """Whether the label stands there, and is no mere beginning of a longer word in Latin letters."""
    following = text[at + len(label) : at + len(label) + 1]
    cut = label[-1:].isascii() and label[-1:].isalnum() and following.isascii() and following.isalnum()
    return text.startswith(label, at) and not cut
