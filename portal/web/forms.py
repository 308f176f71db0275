"""The base of every form: errors in one list for the summary, and what an action refuses put beside its field."""

from collections.abc import Iterator, Set
from functools import cache
from typing import Any, ClassVar

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField, HiddenField, PasswordField, StringField
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, Length

from portal.errors import Invalid, Text
from portal.web.citizen_number import holds_number
from portal.web.languages import current_locale

IN_FREE_TEXT = _("There is an ID number in this text. Move it into the field for the ID number, where it is encrypted.")
NOT_HERE = _("There is an ID number in this text, which is not encrypted. Take it out: its last four digits will do.")
"The same on a form without such a field."
Problem = tuple[str, str]
"The id of the field at fault, and what to do about it."


class PortalForm(FlaskForm):
    """A form of the portal; what was typed stays whatever happens.

    Where a page holds several forms, `ids` keeps the ids of their fields apart; the names stay as they are.
    """

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """A form is sent as a form: JSON could hold what no browser sends, such as half a character."""
            return None if request.is_json else super().wrap_formdata(form, formdata)

        def get_translations(self, form: FlaskForm) -> Any:
            """WTForms' own texts, read once for each language: Flask-WTF reads their file with every form."""
            return _own_texts(current_locale())

    number_fields: ClassVar[Set[str]] = frozenset({"id_number"})
    "The fields, by the last part of their names, into which an ID number belongs."

    def __init__(self, *args: Any, ids: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form_id = ids or "form"
        if ids:
            for field in self:
                for inner in _leaves(field):
                    inner.id = f"{ids}-{inner.id}"
                if isinstance(field, FormField):
                    field.id = f"{ids}-{field.id}"

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """As the fields say; and an ID number is refused in every text but its own field, on every form."""
        right = bool(super().validate(*args, **kwargs))
        leaves = [leaf for field in self for leaf in _leaves(field)]
        free = [leaf for leaf in leaves if leaf.short_name not in self.number_fields]
        wrong = [leaf for leaf in free if _is_text(leaf) and holds_number(leaf.data)]
        for leaf in wrong:
            _note(leaf, IN_FREE_TEXT if len(free) < len(leaves) else NOT_HERE)
        return right and not wrong

    def refuse(self, refusal: Invalid) -> None:
        """Put each message beside its field; one for no field of ours goes to the top of the form."""
        for name, message in refusal.fields.items():
            _put(self, name, message)

    def problems(self) -> list[Problem]:
        """Everything that is wrong, in the order of the form, for the summary at its top."""
        unplaced = [(self.form_id, str(message)) for message in self.form_errors]
        return [*unplaced, *(problem for field in self for problem in _problems_of(field))]


@cache
def _own_texts(locale: str) -> Any:
    return get_translations([locale])


def required(message: Text) -> InputRequired:
    """Must be filled in; `message` says what to do."""
    return InputRequired(message=message)


def at_most(characters: int) -> Length:
    """A text that fits; a longer one is kept in the form and refused."""
    return Length(max=characters, message=_("Shorten this to at most %(max)d characters"))


def stripped(value: str | None) -> str | None:
    """A filter of a text field: no white space around it."""
    return value.strip() if value else value


def _put(form: PortalForm, name: str, message: Text) -> None:
    field = _find(form, name)
    if field is None:
        form.form_errors.append(message)
    else:
        _note(field, message)


def _note(field: Field, message: Text) -> None:
    """Beside the field, once."""
    if str(message) not in map(str, field.errors):
        field.errors = [*field.errors, message]


def _is_text(leaf: Field) -> bool:
    typed = isinstance(leaf, StringField) and not isinstance(leaf, HiddenField | PasswordField)
    return typed and isinstance(leaf.data, str)


def _find(form: PortalForm, name: str) -> Field | None:
    """The field of that name; `citizens.0.id_number` and `citizens-0-id_number` are the same."""
    wanted = name.replace(".", "-")
    fields = {leaf.name: leaf for field in form for leaf in _leaves(field)}
    return fields.get(wanted) or next((leaf for known, leaf in fields.items() if known.startswith(f"{wanted}-")), None)


def _leaves(field: Field) -> Iterator[Field]:
    if isinstance(field, FieldList | FormField):
        for inner in field:
            yield from _leaves(inner)
    else:
        yield field


def _problems_of(field: Field) -> Iterator[Problem]:
    for leaf in _leaves(field):
        for message in leaf.errors:
            yield leaf.id, str(message)
