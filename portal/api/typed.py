"""Fields of what other systems send; a fault is told in the caller's language, and what cannot be stored is refused."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import RAISE, Schema, fields
from marshmallow.validate import OneOf

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNT = re.compile(r"[0-9]{1,6}")
ALWAYS: Any = {
    "required": _("This field is needed."),
    "null": _("This field may be left out, but not be null."),
    "validator_failed": _("This value is not taken."),
}


def told(**own: Any) -> Any:
    """The faults of a field, in the caller's language."""
    return {**ALWAYS, **own}


class Taken(Schema):
    """What is sent: a field that is not named here is refused."""

    class Meta:
        unknown = RAISE

    error_messages: dict[str, str] = {  # noqa: RUF012  marshmallow's own attribute
        "unknown": _("There is no such field: see the list at /api/docs."),
        "type": _("Send a JSON object."),
    }


class Nothing(Taken):
    """An empty object, or nothing at all."""


class Words(fields.String):
    """A text, empty if it is left out."""

    default_error_messages = told(
        invalid=_("Send a text."),
        unstorable=_("Take out the characters that cannot be stored: they are not text."),
    )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self.make_error("unstorable")
        return text


class Flag(fields.Boolean):
    """`true` or `false`, and nothing that looks like it."""

    default_error_messages = told(invalid=_("Send true or false."))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Count(fields.Integer):
    """A whole number."""

    default_error_messages = told(invalid=_("Send a whole number."))

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, **options)


class CountInAddress(fields.Integer):
    """A whole number in a query: a few plain digits."""

    default_error_messages = told(invalid=_("Give a whole number in plain digits."))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not COUNT.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return int(value)


class Day(fields.Date):
    """A day, 2016-01-04."""

    default_error_messages = told(invalid=_("Give a day as 2016-01-04."))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if isinstance(value, str) and DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.make_error("invalid", input=value)


class Instant(fields.DateTime):
    """An instant with its offset; the `+` of an offset that an address turned into a space is read as it was meant."""

    default_error_messages = told(
        invalid=_("Give an instant with its offset, as 2016-01-04T09:00:00+08:00."),
    )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(str(value).replace(" ", "+"))
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self.make_error("invalid", input=value)


class Items(fields.List[Any]):
    """Several of a kind."""

    default_error_messages = told(invalid=_("Send a list."))


class Part(fields.Nested):
    """An object within."""

    default_error_messages = told(type=_("Send a JSON object."))


def one_of(values: Any) -> OneOf:
    choices = [str(value) for value in values]
    return OneOf(choices, error=_("Choose one of these: %(all)s.", all=", ".join(choices)))
