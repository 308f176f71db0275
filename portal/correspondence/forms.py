"""The form of the review."""

from wtforms import BooleanField

from portal.web.forms import PortalForm


class ReviewForm(PortalForm):
    as_bounce = BooleanField()
