"""Naming the other ticket."""

from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField

from portal.web.forms import PortalForm, stripped


class RelateForm(PortalForm):
    other = StringField(_("Number of the other ticket"), filters=[stripped])


class MergeForm(PortalForm):
    other = StringField(_("Number of the ticket that goes on"), filters=[stripped])
    reason = TextAreaField(_("Why it is a duplicate"))
