"""The forms of a ticket: opening it, and the moves on its tasks. Shape alone; what is right is the actions' to say."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.errors import Invalid, Text
from portal.procedures.catalogue import FORMER_REGISTRY, RESIDENCE, shipped
from portal.tickets.checking import LARGEST_FILE, MOST_FILES, Opening
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import Outcome
from portal.tickets.moves import Answer, Return
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
    subject = StringField(_("Subject"), filters=[stripped])
    message = TextAreaField(_("What you ask of the other unit"))
    reference = StringField(_("Number in the acceptance system"), filters=[stripped])
    accepted_on = DateField(_("Accepted on"), validators=[Optional()])
    drill = BooleanField(_("This is a drill"))
    submission_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unsettled: dict[str, Text] = {}
        "what is still to be chosen, by the name of the unit's field"
        self.procedure.choices = [SelectChoice(code) for code in shipped()]

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
            submission_key=self.submission_key.data or None,
        )

    def _further_places(self) -> list[tuple[str, str]]:
        procedure = shipped().get(self.procedure.data or "")
        former = procedure is not None and FORMER_REGISTRY in procedure.places_named
        named = [(FORMER_REGISTRY, row.form.code.data or "") for row in self.places] if former else []
        return [*named, (RESIDENCE, self.residence.form.code.data or "")]


class MoveForm(PortalForm):
    """A move on a task as its page showed it: `version` tells whether it has changed, `seen` from which entry on."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    seen = IntegerField(widget=HiddenInput(), validators=[Optional()])


class SignForForm(MoveForm):
    pass


class AnswerForm(MoveForm):
    outcome = RadioField(
        _("Outcome"),
        choices=[SelectChoice(Outcome.DONE.value, _("Done")), SelectChoice(Outcome.REFUSED.value, _("Refused"))],
        default=Outcome.DONE.value,
    )
    text = TextAreaField(_("Answer"))
    grounds = SelectMultipleField(
        _("Grounds of the refusal"),
        choices=[],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    other_grounds = TextAreaField(_("Other grounds"))
    contact = StringField(_("Whom the other side can ask"), filters=[stripped])
    explanation = TextAreaField(_("Written explanation of the delay"))

    def answer(self) -> Answer:
        """As the action takes it; other grounds are one a line."""
        refused = self.outcome.data == Outcome.REFUSED.value
        grounds = [*(self.grounds.data or []), *(self.other_grounds.data or "").splitlines()]
        return Answer(
            outcome=Outcome.REFUSED if refused else Outcome.DONE,
            text=self.text.data or "",
            grounds=grounds if refused else [],
            contact=self.contact.data or "",
            explanation=self.explanation.data or "",
        )


class ReturnForm(MoveForm):
    ground = StringField(_("Ground"), filters=[stripped])
    reason = TextAreaField(_("What is to be amended"))
    contact = StringField(_("Whom the other side can ask"), filters=[stripped])

    def given(self) -> Return:
        return Return(ground=self.ground.data or "", reason=self.reason.data or "", contact=self.contact.data or "")


class ResendForm(MoveForm):
    text = TextAreaField(_("What you have amended"))


class CloseForm(PortalForm):
    pass


class WithdrawForm(PortalForm):
    reason = TextAreaField(_("Why it is withdrawn"))


class RevealForm(PortalForm):
    reason = StringField(_("Why you need to see it"), filters=[stripped])


class MessageForm(PortalForm):
    """A message to all units of the ticket or to one alone; posted to `portal.conversation`, shown on the ticket."""

    to = SelectField(_("To whom"), choices=[], validate_choice=False, default="")
    text = TextAreaField(_("Message"))
    files = MultipleFileField(_("Files"))
    submission_key = HiddenField(default=lambda: secrets.token_urlsafe(16))
    most_files, largest_file = MOST_FILES, LARGEST_FILE

    def refuse(self, refusal: Invalid) -> None:
        """What is wrong with each file (`files.0` …) stands at the field in which they were chosen together."""
        of_files = {name: fault for name, fault in refusal.fields.items() if name.startswith("files.")}
        self.files.errors = [*self.files.errors, *of_files.values()]
        if others := {name: fault for name, fault in refusal.fields.items() if name not in of_files}:
            super().refuse(Invalid(others))

    def choose_again(self, names: Sequence[str]) -> None:
        """Say that good files were not kept: a page cannot put them back into the field."""
        if names:
            told = _("Choose these again as well, a browser does not keep them: %(names)s", names=", ".join(names))
            self.files.errors = [*self.files.errors, told]


class OnItForm(PortalForm):
    """The button alone."""
