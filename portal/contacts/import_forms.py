"""The forms about sheets that are given in."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, FormField

from portal.web.forms import PortalForm
from portal.web.unit_choice import UnitChoice


class GiveInForm(PortalForm):
    """A file, and the unit whose subtree it is of."""

    file = FileField(_("File"), validators=[FileRequired(_("Choose a file."))])
    under = FormField(UnitChoice)


class ApplyForm(PortalForm):
    skip_refused = BooleanField(_("Leave out the rows that are refused"))


class PlainForm(PortalForm):
    """A button alone."""
