"""What an action may refuse, in words for the person who asked.

Every message is a lazy translation, so that it is told in the reader's language, on a page as in the API.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeAlias

from flask_babel import LazyString

Text: TypeAlias = LazyString | str


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault of the program
    """Base of what an action refuses; `status` is the HTTP status that says so."""

    status = 409
    wait: timedelta | None = None
    "after which it may be tried again, where time alone helps"

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message


class Invalid(Refused):
    """A field is wrong: `fields` maps the field's name to what to do about it."""

    status = 422

    def __init__(self, fields: Mapping[str, Text]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)


class Conflict(Refused):
    """The state does not allow it, or somebody else was quicker."""


class Hidden(Refused):
    """Not there, or not for the asker to see: the two are told apart by nobody."""

    status = 404


def seconds_up(wait: timedelta) -> int:
    """Whole seconds, as `Retry-After` has them: never too few."""
    return max(1, -int(-wait.total_seconds() // 1))
