"""Narrowing a work list, and keeping it under a name."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, FormField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from portal.desk.state import DueWithin, Sieve
from portal.errors import Text
from portal.tickets.lifecycle import TaskState
from portal.web.forms import PortalForm, stripped
from portal.web.unit_choice import UnitChoice

ANY = SelectChoice("", _("all"))
STATES = {
    TaskState.SENT: _("Sent, not signed for"),
    TaskState.SIGNED_FOR: _("Signed for"),
    TaskState.RETURNED: _("Returned"),
    TaskState.SUSPENDED: _("Suspended"),
}
"The states in which a clock runs, or stands."
DUES = {
    DueWithin.OVER: _("past the limit"),
    DueWithin.DAY: _("within a day"),
    DueWithin.THREE_DAYS: _("within three days"),
    DueWithin.WEEK: _("within a week"),
}


URGENCIES = {"normal": _("Normal"), "urgent": _("Urgent")}


def _choices(names: Mapping[Any, Text]) -> list[SelectChoice]:
    return [SelectChoice(str(value), name) for value, name in names.items()]


class SieveForm(PortalForm):
    """Sent with GET: its fields are the address of the list."""

    class Meta:
        csrf = False

    unit = FormField(UnitChoice)
    procedure = SelectField(_("Kind of case"))
    state = SelectField(_("State"), choices=[ANY, *_choices(STATES)])
    urgency = SelectField(_("Urgency"), choices=[ANY, *_choices(URGENCIES)])
    due = SelectField(_("Due"), choices=[SelectChoice("", _("any time")), *_choices(DUES)])
    opened_from = DateField(_("Opened from"), name="opened-from", validators=[Optional()])
    opened_to = DateField(_("Opened until"), name="opened-to", validators=[Optional()])
    drill = SelectField(_("Drills"), choices=_choices({"": _("cases alone"), "only": _("drills alone")}))

    @classmethod
    def of(cls, sieve: Sieve, procedures: Mapping[str, str]) -> "SieveForm":
        """Filled in with what the list is narrowed to; `procedures` are the names of the kinds of case, by code."""
        first, last = sieve.opened_between
        form = cls(formdata=None, ids="sieve", procedure=sieve.procedure, state=sieve.state, urgency=sieve.urgency,
                   due=sieve.due, opened_from=first, opened_to=last, drill=sieve.drill)  # fmt: skip
        form.procedure.choices = [ANY, *(SelectChoice(code, name) for code, name in procedures.items())]
        form.unit.form.code.data = sieve.unit
        return form


class SaveForm(PortalForm):
    name = StringField(_("Name of the view"), filters=[stripped])
    shared = BooleanField(_("For the whole unit"))
