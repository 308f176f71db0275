"""The box of the search."""

from flask_babel import lazy_gettext as _
from wtforms import StringField

from portal.web.forms import PortalForm, at_most, stripped

MOST = 200


class SearchForm(PortalForm):
    """Posted, never part of an address until it is known to hold no ID number."""

    number_fields = frozenset({"q"})

    q = StringField(_("Search tickets"), filters=[stripped], validators=[at_most(MOST)])
