"""The form of the calendar link."""

from portal.web.forms import PortalForm


class PlainForm(PortalForm):
    """A button alone."""
