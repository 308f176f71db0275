"""Form letters: a mail is rendered once for each shape, with blanks where names, numbers and instants stand.

Thousands that are written in one go differ in nothing else. What decides what a mail says (its kind, the limit, the
rung, whether it is urgent) is its shape; a name, a number, an address or an instant is only put in.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from markupsafe import escape

OPENS, CLOSES = "\ue000", "\ue001"
"Of Unicode's private use area: no template has them, and what is put in is not looked through again."
BLANK = re.compile(f"{OPENS}([^{CLOSES}]*){CLOSES}")
ESCAPED = re.compile("[&<>'\"]")
"What HTML would take for its own."
PUT_IN = frozenset({"number", "url", "procedure", "step", "opener", "owing", "next_unit", "returned_by", "unit",
                    "why_unit", "ticket_number", "not_me_url", "on_it_url", "position"})  # fmt: skip
"The texts that templates do nothing with but show."
FURTHER = frozenset({dict, list, datetime})
"Types of which the shape is not what they say, nor only that they are there."
SUBJECT = "subject"
"The blank for the subject, which both bodies repeat."

Shown = Callable[[str, datetime], str]
"How an instant is written: `when` or `until`, by name."


@dataclass(frozen=True)
class Pieces:
    """A text cut at its blanks: what stands between them, and what each is called."""

    between: Sequence[str]
    names: Sequence[str]

    @classmethod
    def of(cls, text: str) -> "Pieces":
        cut = BLANK.split(text)
        return cls(cut[::2], cut[1::2])

    def filled(self, values: Mapping[str, str]) -> str:
        """`values` by name; in HTML they must be escaped."""
        parts = [""] * (2 * len(self.names) + 1)
        parts[::2], parts[1::2] = self.between, [values[name] for name in self.names]
        return "".join(parts)


@dataclass(frozen=True)
class Place:
    """Where among the facts that is found which a blank stands for, and for an instant how it is written."""

    path: tuple[str | int, ...]
    way: str

    @classmethod
    def of(cls, name: str) -> "Place":
        named, _bar, way = name.partition("|")
        return cls(tuple(int(step) if step.isdigit() else step for step in named.split(".")[1:]), way)

    def text(self, facts: Any, shown: Shown) -> str:
        for step in self.path:
            facts = facts[step]
        return shown(self.way, facts) if self.way else str(facts)


@dataclass(frozen=True)
class Form:
    """A letter, or a line of one, with its blanks."""

    subject: Pieces
    plain: Pieces
    html: Pieces

    @classmethod
    def of(cls, subject: str, plain: str, html: str) -> "Form":
        return cls(Pieces.of(subject), Pieces.of(plain), Pieces.of(html))

    def values(self, facts: Mapping[str, Any], shown: Shown) -> dict[str, str]:
        """The text of every blank."""
        return {name: place.text(facts, shown) for name, place in self._places.items()}

    @cached_property
    def _places(self) -> Mapping[str, Place]:
        names = {*self.subject.names, *self.plain.names, *self.html.names}
        return {name: Place.of(name) for name in names if name != SUBJECT}


def blank(name: str) -> str:
    return f"{OPENS}{name}{CLOSES}"


def shape_of(facts: Any, key: str = "") -> Hashable:
    """All that a template may decide on: the same of two letters that differ in nothing but what is put in."""
    kind = type(facts)
    if kind is dict:
        return tuple([
            shape_of(value, key) if type(value) in FURTHER else str if value and key in PUT_IN else value
            for key, value in facts.items()
        ])  # fmt: skip
    if kind is list:
        return tuple([shape_of(each) for each in facts])
    if kind is datetime:
        return datetime
    return str if facts and key in PUT_IN else cast(Hashable, facts)


def blanked(facts: Any, name: str = "", key: str = "") -> Any:
    """The facts with a blank for whatever is only put in, and the name alone of an instant; nothing stays nothing."""
    if isinstance(facts, Mapping):
        return {each: blanked(value, f"{name}.{each}", each) for each, value in facts.items()}
    if isinstance(facts, list):
        return [blanked(each, f"{name}.{number}") for number, each in enumerate(facts)]
    if isinstance(facts, datetime):
        return name
    return blank(name) if facts and key in PUT_IN else facts


def of_instant(way: str) -> Callable[[str], str]:
    """What stands for `when` or `until` in a form: the blank says which."""
    return lambda name: blank(f"{name}|{way}")


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """As Jinja escapes them; nearly all hold nothing to escape."""
    return {name: str(escape(text)) if ESCAPED.search(text) else text for name, text in values.items()}


def for_html(facts: Any, key: str = "") -> Any:
    """With names escaped: a phrase that both bodies share is plain text, and would put them in as they are."""
    if type(facts) is str:
        return escape(facts) if key in PUT_IN else facts
    if isinstance(facts, Mapping):
        return {each: for_html(value, each) for each, value in facts.items()}
    if isinstance(facts, list):
        return [for_html(each) for each in facts]
    return escape(facts) if isinstance(facts, str) and key in PUT_IN else facts
