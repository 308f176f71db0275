"""The forms of a unit's hours."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField, FieldList, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from directory.days import DayKind
from directory.hours import HOLIDAY, OFFICE_WEEK, HoursError, WeeklyHours, read_day, show_day
from portal.contacts.forms import SeenForm
from portal.web.forms import PortalForm, required, stripped


class HoursForm(SeenForm):
    """The hours of Monday to Sunday, and those on statutory holidays, as they are written down."""

    own = RadioField(
        _("Whose hours"),
        choices=[SelectChoice("", _("Those of the province")), SelectChoice("own", _("Its own, as below"))],
        default="",
    )
    days = FieldList(StringField(filters=[stripped]), min_entries=HOLIDAY + 1, max_entries=HOLIDAY + 1)

    def show(self, week: WeeklyHours) -> None:
        self.own.data = "own" if week != OFFICE_WEEK else ""
        for field, openings in zip(self.days, (*week.days, week.holiday), strict=True):
            field.data = show_day(openings)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        valid = bool(super().validate(*args, **kwargs))
        for field in self.days if self.own.data else ():
            try:
                read_day(field.data or "")
            except HoursError:
                field.errors = [_("Write the hours as 08:30-11:30 13:30-17:00, or leave it blank for closed.")]
                valid = False
        return valid

    def hours(self) -> WeeklyHours:
        """What was typed; `validate` has read it."""
        if not self.own.data:
            return OFFICE_WEEK
        read = [read_day(field.data or "") for field in self.days]
        return WeeklyHours(tuple(read[:HOLIDAY]), read[HOLIDAY])


class DayForm(PortalForm):
    """One dated exception."""

    day = DateField(_("Day"), [required(_("Give the day."))])
    kind = SelectField(
        _("Kind"),
        choices=[
            SelectChoice(DayKind.CLOSED.value, _("closed")),
            SelectChoice(DayKind.OPEN.value, _("worked")),
            SelectChoice(DayKind.SPECIAL.value, _("hours of its own")),
        ],
    )
    hours = StringField(_("Hours"), filters=[stripped])
    remark = StringField(_("Remark"), filters=[stripped])
