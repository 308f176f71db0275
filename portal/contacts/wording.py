"""What the directory refuses, in words that say what to do."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from directory.email_codes import CodeFault
from directory.entries import Fault, WrongFieldsError
from directory.shifts import Wrong
from portal.errors import Invalid, Text

FAULTS: Mapping[Fault, Text] = {
    Fault.MISSING: _("Fill this in."),
    Fault.TOO_LONG: _("Shorten this: it is longer than the table holds."),
    Fault.CONTROL: _("Type this anew: it holds characters that cannot be shown."),
    Fault.IDENTITY: _("A citizen's identity number does not belong here: take it out."),
    Fault.NO_ADDRESS: _("Give an email address, such as name@unit.example."),
    Fault.NO_NUMBER: _("Give one phone number in digits, such as 0431-80001234; an extension has its own field."),
    Fault.NO_EXTENSION: _("Give the extension in digits alone."),
    Fault.ENDS_FIRST: _("The end must come after the beginning."),
    Fault.TOO_FAR: _("This is longer than a roster holds: at most a month on duty, a year away."),
    Fault.OWN_DEPUTY: _("Nobody stands in for oneself: choose somebody else, or nobody."),
    Fault.THERE: _("This is entered already."),
    Fault.NO_HOURS: _("Write the hours as 08:30-11:30 13:30-17:00, one after the other."),
}

CODE_FAULTS: Mapping[CodeFault, Text] = {
    CodeFault.NONE_ASKED: _("No code is under way: send one first."),
    CodeFault.EXPIRED: _("The code is older than half an hour: send a new one."),
    CodeFault.TOO_OFTEN: _("Five wrong codes: send a new one."),
    CodeFault.WRONG: _("This is not the code that was sent: look at the newest mail."),
}

ROWS: Mapping[Wrong, Text] = {
    Wrong.NO_HEADER: _(
        "No line names the columns: the sheet needs 单位, 日期 and 姓名, and may have 时间, 电话 and 备注."
    ),
    Wrong.NO_DATE: _("No date can be read: write 2016-02-08."),
    Wrong.NO_TIME: _("No time range can be read: write 08:30-17:00, 17:00-次日08:30 or 全天."),
    Wrong.NO_NAME: _("The name is missing."),
    Wrong.NO_UNIT: _("The unit is missing."),
    Wrong.UNKNOWN_UNIT: _("No unit has this name or code."),
    Wrong.SEVERAL_UNITS: _("Several of your units have this name: write the code instead."),
    Wrong.NOT_YOURS: _("This unit is not one of yours."),
    Wrong.NO_NUMBER: _("This is no phone number: one number, digits alone."),
    Wrong.TOO_LONG: _("The name or the remark is too long."),
}


def told(refused: WrongFieldsError) -> Invalid:
    """The faults of the fields as a form shows them."""
    return Invalid({field: FAULTS[fault] for field, fault in refused.faults.items()})
