"""How a letter is to be printed."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice

from portal.web.forms import PortalForm, stripped
from portal.web.languages import LANGUAGES


class LetterForm(PortalForm):
    language = RadioField(
        _("Language of the letter"),
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
        default="zh",
    )
    in_full = BooleanField(_("With names and ID numbers in full"))
    reason = StringField(_("Why you need to see it"), filters=[stripped])
