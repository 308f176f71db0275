"""The forms of web hooks."""

from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, FormField, SelectChoice, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.web.forms import PortalForm, at_most, required, stripped
from portal.web.unit_choice import FormOfUnit, UnitChoice
from portal.webhooks.wording import EVENT_NAMES

CHOICES = [SelectChoice(str(kind), name) for kind, name in EVENT_NAMES.items()]


class WebhookForm(PortalForm):
    """What a web hook is called, where it is told, and of what."""

    label = StringField(_("Which system"), [required(_("Say which system this is")), at_most(100)], [stripped])
    url = StringField(_("Address of the receiver"), [required(_("Give the address")), at_most(500)], [stripped])
    events = SelectMultipleField(_("Of what it is told"), choices=CHOICES, option_widget=CheckboxInput(),
                                 widget=ListWidget(prefix_label=False), validate_choice=False)  # fmt: skip


class NewWebhookForm(FormOfUnit, WebhookForm):
    unit = FormField(UnitChoice)


class PlainForm(PortalForm):
    """A button alone."""


class ReplayForm(PortalForm):
    since = DateTimeLocalField(_("Everything since"), [required(_("Give the instant"))])
