"""The events in words for people."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from portal.errors import Text
from portal.webhooks.events import EventType

EVENT_NAMES: Mapping[EventType, Text] = {
    EventType.TICKET_OPENED: _("Ticket opened"),
    EventType.TASK_SENT: _("Task sent"),
    EventType.TASK_SIGNED_FOR: _("Task signed for"),
    EventType.TASK_ANSWERED: _("Task answered"),
    EventType.TASK_RETURNED: _("Task returned"),
    EventType.TASK_HANDED_ON: _("Task handed on"),
    EventType.TASK_CANCELLED: _("Task cancelled"),
    EventType.TICKET_ESCALATED: _("Reminded or escalated"),
    EventType.TICKET_RESOLVED: _("Ticket resolved"),
    EventType.TICKET_CLOSED: _("Ticket closed"),
    EventType.TICKET_WITHDRAWN: _("Ticket withdrawn"),
    EventType.TICKET_REOPENED: _("Ticket reopened"),
    EventType.CARD_MADE: _("Card made"),
    EventType.CARD_SENT: _("Card sent"),
    EventType.CARD_RECEIVED: _("Card received"),
    EventType.CONTACT_CHANGED: _("Contact changed"),
    EventType.UNIT_CHANGED: _("Unit changed"),
}
"What may be chosen."
