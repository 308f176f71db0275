"""What a deed in the audit log is called: the kind of it in words; the deed itself is shown as it is written."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from portal.errors import Text

KINDS: Mapping[str, Text] = {
    "sign-in": _("Sign-in"),
    "session": _("Sessions"),
    "factor": _("Second factor"),
    "recovery-code": _("Recovery code"),
    "recovery-codes": _("Recovery codes"),
    "officer": _("Accounts"),
    "role": _("Roles"),
    "token": _("Access of other systems"),
    "api": _("Calls of other systems"),
    "citizen": _("Citizens' data"),
    "attachment": _("Files"),
    "ticket": _("Tickets"),
    "task": _("Tasks"),
    "unit": _("Units"),
    "contact": _("Contacts"),
    "correction": _("Corrections"),
    "import": _("Sheets given in"),
    "roster": _("Duty roster"),
    "shift": _("Duty shifts"),
    "absence": _("Absences"),
    "calendar": _("Calendar"),
    "policy": _("Rules of the ladder"),
    "procedure": _("Procedures"),
    "mail": _("Outgoing mail"),
    "incoming": _("Incoming mail"),
    "audit": _("Audit log"),
    "key": _("Data keys"),
    "webhook": _("Web hooks"),
    "feed": _("Calendar links"),
    "backup": _("Backups"),
}


def kind_of(action: str) -> Text:
    """Tickets, for ticket.open; the code itself where it has no word."""
    kind = action.partition(".")[0]
    return KINDS.get(kind, kind)
