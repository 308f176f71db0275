"""The forms of the outbox."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, RadioField

from portal.web.forms import PortalForm


class RetryForm(PortalForm):
    """The button alone."""


class RetryAllForm(PortalForm):
    """All mails of a filter, which travels along."""

    state = HiddenField()
    kind = HiddenField()
    address = HiddenField()
    unit = HiddenField()
    ticket = HiddenField()


class RedirectForm(PortalForm):
    contact = RadioField(_("Who gets it instead"), coerce=int, validate_choice=False)
