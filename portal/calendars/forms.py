"""The forms of the working calendar."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import TextAreaField

from portal.web.forms import PortalForm


class YearForm(PortalForm):
    """A year's days as a file, or as text pasted."""

    file = FileField(_("File"))
    text = TextAreaField(_("Or the lines themselves"))


class DecisionForm(PortalForm):
    """The button alone."""
