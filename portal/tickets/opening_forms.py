"""The form of a new ticket: shape alone; what is right is the opening's to say."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from portal.errors import Text
from portal.procedures.catalogue import FORMER_REGISTRY, RESIDENCE, Procedure
from portal.tickets.checking import Opening
from portal.tickets.citizens import CitizenFacts
from portal.web.forms import PortalForm, stripped
from portal.web.unit_choice import UnitChoice

MOST_ROWS = 20


class CitizenFields(Form):
    name = StringField(_("Name"), filters=[stripped])
    id_number = StringField(_("ID number"), filters=[stripped])


class OpeningForm(PortalForm):
    """A new ticket; `places` are former registries, `residence` another unit than the opener's."""

    registry = FormField(UnitChoice)
    procedure = RadioField(_("Kind of case"), choices=[], validators=[InputRequired(_("Choose the kind of case."))])
    places = FieldList(FormField(UnitChoice), min_entries=1, max_entries=MOST_ROWS)
    residence = FormField(UnitChoice)
    citizens = FieldList(FormField(CitizenFields), min_entries=1, max_entries=MOST_ROWS)
    urgency = RadioField(
        _("Urgency"),
        choices=[SelectChoice("normal", _("Normal")), SelectChoice("urgent", _("Urgent"))],
        default="normal",
    )
    urgency_reason = StringField(_("Why it is urgent"), filters=[stripped])
    materials = SelectMultipleField(_("Materials seen"), choices=[], validate_choice=False)
    subject = StringField(_("Subject"), filters=[stripped])
    message = TextAreaField(_("What you ask of the other unit"))
    reference = StringField(_("Number in the acceptance system"), filters=[stripped])
    accepted_on = DateField(_("Accepted on"), validators=[Optional()])
    drill = BooleanField(_("This is a drill"))
    anyway = BooleanField(_("I have looked at them: open one more all the same"))
    submission_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def __init__(self, procedures: Mapping[str, Procedure], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.procedures = procedures
        self.unsettled: dict[str, Text] = {}
        "what is still to be chosen, by the name of the unit's field"
        self.procedure.choices = [SelectChoice(code) for code in procedures]

    @property
    def chosen(self) -> Procedure | None:
        return self.procedures.get(self.procedure.data or "")

    @property
    def units(self) -> list[FormField]:
        return [self.registry, *self.places, self.residence]

    def opening(self) -> Opening:
        """What was typed, as the action takes it; further places count only where the procedure asks for them."""
        return Opening(
            procedure=self.procedure.data or "",
            message=self.message.data or "",
            registry=self.registry.form.code.data or "",
            places=self._further_places(),
            subject=self.subject.data or "",
            citizens=[CitizenFacts(row.form.name.data or "", row.form.id_number.data or "") for row in self.citizens],
            urgency=self.urgency.data or "",
            drill=bool(self.drill.data),
            reference=self.reference.data or "",
            accepted_on=self.accepted_on.data,
            materials=self.materials.data or (),
            urgency_reason=self.urgency_reason.data or "",
            submission_key=self.submission_key.data or None,
        )

    def _further_places(self) -> list[tuple[str, str]]:
        former = self.chosen is not None and FORMER_REGISTRY in self.chosen.places_named
        named = [(FORMER_REGISTRY, row.form.code.data or "") for row in self.places] if former else []
        return [*named, (RESIDENCE, self.residence.form.code.data or "")]
