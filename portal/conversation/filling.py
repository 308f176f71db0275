"""Texts with fields in braces: which fields there are, and filling them in."""

import re
from collections.abc import Iterable, Mapping

FIELDS = ("number", "procedure", "step", "unit", "opener", "registry", "due", "officer", "today")
"What a ticket can fill in: never a citizen's data."
FIELD = re.compile(r"\{([^{}\n]{0,40})\}")


def unknown_fields(body: str) -> list[str]:
    """The fields of a text that no ticket can fill in, each once, as they stand there."""
    return list(dict.fromkeys(name for name in FIELD.findall(body) if name.strip() not in FIELDS))


def named(fields: Iterable[str]) -> str:
    """As they are typed: {number} {due}."""
    return " ".join(f"{{{name}}}" for name in fields)


def filled(body: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in; one that has no value here stays as it is, to be seen and filled by hand."""
    return FIELD.sub(lambda field: values.get(field[1].strip()) or field[0], body)
