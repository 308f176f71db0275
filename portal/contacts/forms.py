"""The forms of the directory's pages."""

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField

from portal.web.forms import PortalForm, at_most, stripped


class NoLongerMeForm(PortalForm):
    text = TextAreaField(_("Who has the task now, if you know"), [at_most(500)], filters=[stripped])


class ConfirmTableForm(PortalForm):
    """The button alone."""
