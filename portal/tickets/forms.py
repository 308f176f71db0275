"""The forms of the moves on a ticket and its tasks. Shape alone; what is right is the actions' to say."""

import secrets
from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import (
    DateField,
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

from portal.errors import Invalid
from portal.tickets.adding import Place
from portal.tickets.assigning import Assignment
from portal.tickets.checking import LARGEST_FILE, MOST_FILES
from portal.tickets.extending import Asked, Decision
from portal.tickets.handing_on import HandOn
from portal.tickets.lifecycle import Outcome
from portal.tickets.moves import Answer, Return
from portal.tickets.reopening import Reopening
from portal.tickets.suspending import Suspension
from portal.web.forms import PortalForm, stripped
from portal.web.unit_choice import UnitChoice


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


class HandOnForm(MoveForm):
    unit = FormField(UnitChoice)
    reason = TextAreaField(_("Why it belongs there"))

    def given(self) -> HandOn:
        return HandOn(unit=self.unit.form.code.data or "", reason=self.reason.data or "")


class SuspendForm(MoveForm):
    until = DateField(_("Goes on by itself on"), validators=[Optional()])
    reason = TextAreaField(_("What you wait for"))

    def given(self) -> Suspension:
        return Suspension(reason=self.reason.data or "", until=self.until.data)


class ResumeForm(MoveForm):
    pass


class AskExtensionForm(MoveForm):
    days = IntegerField(_("Working days more"), validators=[Optional()])
    reason = TextAreaField(_("Why it takes longer"))

    def given(self) -> Asked:
        return Asked(days=self.days.data, reason=self.reason.data or "")


class DecideForm(MoveForm):
    decision = RadioField(
        _("Decision"),
        choices=[SelectChoice("granted", _("Grant it")), SelectChoice("refused", _("Refuse it"))],
        validators=[InputRequired(_("Choose whether it is granted or refused."))],
    )
    reason = TextAreaField(_("Your reason"))

    def given(self) -> Decision:
        return Decision(granted=self.decision.data == "granted", reason=self.reason.data or "")


class AssignForm(MoveForm):
    to = SelectField(_("Who has it"), choices=[], validate_choice=False)

    def given(self) -> Assignment:
        return Assignment(self.to.data or "")


class CancelForm(MoveForm):
    reason = TextAreaField(_("Why it is not needed any more"))


class AddPlaceForm(PortalForm):
    unit = FormField(UnitChoice)
    step = RadioField(_("What it owes"), choices=[], validate_choice=False)
    reason = TextAreaField(_("What you ask of it"))

    def given(self) -> Place:
        return Place(unit=self.unit.form.code.data or "", step=self.step.data or "", reason=self.reason.data or "")


class ReopenForm(PortalForm):
    tasks = SelectMultipleField(
        _("What is to be done again"),
        choices=[],
        coerce=int,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    reason = TextAreaField(_("What is still to be done"))

    def given(self) -> Reopening:
        return Reopening(tasks=self.tasks.data or (), reason=self.reason.data or "")


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
