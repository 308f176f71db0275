"""The form in which a section of the guide is written: plain statements, each in both languages."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField, FieldList, Form, FormField, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from directory.first_six import holds_identity_number
from portal.guide.catalogue import Statement
from portal.web.forms import PortalForm, at_most, required, stripped

MOST, BLANK = 24, 2
TEXTS = ("zh", "en", "source_zh", "source_en")


def no_citizen(_form: Form, field: Any) -> None:
    if holds_identity_number(field.data or ""):
        raise ValidationError(_("Take the ID number out: everybody reads this."))


class StatementFields(Form):
    """A row that is left empty is none."""

    zh = TextAreaField(_("In Chinese"), [at_most(500), no_citizen], filters=[stripped])
    en = TextAreaField(_("In English"), [at_most(1000), no_citizen], filters=[stripped])
    source_zh = StringField(_("Source, in Chinese"), [at_most(200), no_citizen], filters=[stripped])
    source_en = StringField(_("Source, in English"), [at_most(200), no_citizen], filters=[stripped])
    since = DateField(_("In force since"), [Optional()])

    @property
    def is_empty(self) -> bool:
        return not any(self[name].data for name in TEXTS)

    def validate(self, extra_validators: Any = None) -> bool:
        """A row that says anything says it in both languages, and names its source."""
        fits = bool(super().validate(extra_validators))
        if self.since.errors:
            self.since.errors = [_("Give the day as 2016-01-04, or leave it out.")]
        for name in TEXTS if not self.is_empty else ():
            if not self[name].data:
                self[name].errors = [*self[name].errors, _("Fill this in too, or empty the whole row.")]
                fits = False
        return fits


class SectionForm(PortalForm):
    """All statements of a section, and why they change."""

    statements = FieldList(FormField(StatementFields), max_entries=MOST)
    seen = IntegerField(widget=HiddenInput(), default=0)
    why = StringField(
        _("Document or ground"), [required(_("Name the document, or say why.")), at_most(200)], filters=[stripped]
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fits = bool(super().validate(extra_validators))
        if self.written():
            return fits
        self.form_errors.append(_("A section says at least one thing."))
        return False

    def written(self) -> list[Statement]:
        """The rows that say something."""
        rows = (row.form for row in self.statements if not row.form.is_empty)
        return [Statement.from_dict(row.data) for row in rows]
