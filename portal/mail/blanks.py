"""Form letters: a mail is rendered once for each shape, with blanks where names, numbers and instants stand.

Thousands that are written in one go differ in nothing else. What decides what a mail says (its kind, the limit, the
rung, whether it is urgent) is its shape; a name, a number, an address or an instant is only put in.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape

OPENS, CLOSES = "\ue000", "\ue001"
"Of Unicode's private use area: no template has them, and what is put in is not looked through again."
BLANK = re.compile(f"{OPENS}([^{CLOSES}]*){CLOSES}")
PUT_IN = frozenset({"number", "url", "procedure", "step", "opener", "owing", "next_unit", "returned_by", "unit",
                    "why_unit", "ticket_number", "not_me_url", "on_it_url"})  # fmt: skip
"The texts that templates do nothing with but show."

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
        put_in = [*(values[name] for name in self.names), ""]
        return "".join(part for both in zip(self.between, put_in, strict=True) for part in both)


@dataclass(frozen=True)
class Form:
    """A letter with its blanks."""

    subject: Pieces
    plain: Pieces
    html: Pieces

    def values(self, given: Mapping[str, Any], shown: Shown) -> dict[str, str]:
        """The text of every blank."""
        return {name: _text(name, given, shown) for name in {*self.subject.names, *self.plain.names, *self.html.names}
                if name != SUBJECT}  # fmt: skip


SUBJECT = "subject"
"The blank for the subject, which both bodies repeat."


def blank(name: str) -> str:
    return f"{OPENS}{name}{CLOSES}"


def blanked(facts: Any, given: dict[str, Any], name: str = "") -> Any:
    """The facts with a blank for whatever is only put in, noted by its name in `given`; nothing stays nothing."""
    if isinstance(facts, Mapping):
        return {key: _blanked(key, value, given, f"{name}.{key}") for key, value in facts.items()}
    if isinstance(facts, list):
        return [blanked(each, given, f"{name}.{number}") for number, each in enumerate(facts)]
    return facts


def of_instant(way: str) -> Callable[[str], str]:
    """What stands for `when` or `until` in a form: the blank says which."""
    return lambda name: blank(f"{name}|{way}")


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """As Jinja escapes them."""
    return {name: str(escape(text)) for name, text in values.items()}


def for_html(facts: Any, key: str = "") -> Any:
    """With names escaped: a phrase that both bodies share is plain text, and would put them in as they are."""
    if isinstance(facts, Mapping):
        return {each: for_html(value, each) for each, value in facts.items()}
    if isinstance(facts, list):
        return [for_html(each) for each in facts]
    return escape(facts) if isinstance(facts, str) and key in PUT_IN else facts


def _blanked(key: str, value: Any, given: dict[str, Any], name: str) -> Any:
    if isinstance(value, datetime):
        given[name] = value
        return name
    if value and key in PUT_IN:
        given[name] = value
        return blank(name)
    return blanked(value, given, name)


def _text(name: str, given: Mapping[str, Any], shown: Shown) -> str:
    named, _bar, way = name.partition("|")
    return shown(way, given[named]) if way else str(given[named])
