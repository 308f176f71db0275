"""The forms of the conversation. Shape alone; what is right is the actions' to say."""

import secrets
from datetime import tzinfo

from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from portal.conversation.calling import Call
from portal.web.forms import PortalForm, stripped

ANSWERED, SILENT = "answered", "silent"


class EditForm(PortalForm):
    """Another text for a message; `seen` is how often it had been edited when the form was shown."""

    text = TextAreaField(_("Message"))
    seen = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])


class CallForm(PortalForm):
    """A phone call: a contact of a unit on the ticket, or anybody else by name."""

    contact = SelectField(_("Who was called"), choices=[], validate_choice=False, default="")
    name = StringField(_("Somebody else"), filters=[stripped])
    number = StringField(_("Number"), filters=[stripped])
    called_at = DateTimeLocalField(_("When"), validators=[Optional()])
    outcome = RadioField(
        _("Did somebody answer?"),
        choices=[SelectChoice(ANSWERED, _("Somebody answered")), SelectChoice(SILENT, _("Nobody answered"))],
        default=ANSWERED,
    )
    text = TextAreaField(_("What was said on the phone"))
    submission_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def call(self, zone: tzinfo) -> Call:
        """As the action takes it; the time is that of the portal's clock."""
        chosen = self.contact.data or ""
        at = self.called_at.data
        return Call(
            contact_id=int(chosen) if chosen.isdecimal() else (0 if chosen else None),
            name=self.name.data or "",
            number=self.number.data or "",
            at=at.replace(tzinfo=zone) if at else None,
            answered=self.outcome.data != SILENT,
            text=self.text.data or "",
            submission_key=self.submission_key.data or None,
        )


class TextForm(PortalForm):
    """A text that the unit writes often; `version` tells whether somebody else has changed it."""

    title = StringField(_("Title"), filters=[stripped])
    body = TextAreaField(_("Text"))
    version = IntegerField(widget=HiddenInput(), validators=[Optional()])


class RemoveForm(PortalForm):
    """The button alone."""
