"""Why somebody is mailed, in words."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from portal.errors import Text
from portal.mail.letter import Why

REASONS: Mapping[Why, Text] = {
    Why.DESK: _("You get this mail because you are the desk of %(unit)s in the directory."),
    Why.OPENER: _("You get this mail because you are the desk of %(unit)s, which opened the ticket."),
    Why.SUPERVISOR: _("You get this mail because you are a supervisor of %(unit)s in the directory."),
    Why.STEWARD: _("You get this mail because you keep the directory of %(unit)s and all below it."),
    Why.ADDRESS: _("You get this mail because this address is to be entered for %(unit)s in the directory."),
    Why.ASSIGNEE: _("You get this mail because you are an officer of %(unit)s and have this task."),
    Why.ASKER: _("You get this mail because you are an officer of %(unit)s and asked for this."),
    Why.NAMED: _("You get this mail because you are an officer of %(unit)s and were named in a message."),
    Why.ADMINISTRATOR: _("You get this mail because you are the system administrator of %(unit)s."),
    Why.WRITER: _("You get this mail because you replied to one of ours as a contact of %(unit)s."),
}
