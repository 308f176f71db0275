"""The forms of the moves on a ticket and its tasks. Shape alone; what is right is the actions' to say."""

import secrets
from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf.file import MultipleFileField
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.errors import Invalid
from portal.tickets.checking import LARGEST_FILE, MOST_FILES
from portal.tickets.lifecycle import Outcome
from portal.tickets.moves import Answer, Return
from portal.web.forms import PortalForm, stripped


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
