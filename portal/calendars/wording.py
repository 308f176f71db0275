"""What is wrong with a year's days, in words that say what to do."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from directory.year_sheet import DayFault
from portal.errors import Text

DAY_FAULTS: Mapping[DayFault, Text] = {
    DayFault.NO_HEADER: _("No line names the columns: the sheet needs 日期 and 类型, and may have 时间 and 备注."),
    DayFault.NO_ROWS: _("There is no day below the header."),
    DayFault.NO_DATE: _("No date can be read: write 2027-02-06."),
    DayFault.NO_KIND: _("Write 休 (closed), 班 (worked) or 特 (hours of its own)."),
    DayFault.NO_HOURS: _("Write the hours of a special day as 09:00-12:00, several one after the other."),
    DayFault.HOURS_OF_WHAT: _("Hours belong to a special day (特) alone; a day worked has the usual ones."),
    DayFault.TOO_LONG: _("Shorten the remark to 60 characters."),
    DayFault.TWICE: _("This day is there twice."),
    DayFault.OTHER_YEAR: _("This day is of another year: one file holds one year."),
}
COLUMNS: Mapping[str, Text] = {
    "": "",
    "day": _("Day"),
    "kind": _("Kind"),
    "hours": _("Hours"),
    "remark": _("Remark"),
}
