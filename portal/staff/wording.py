"""The words for roles, and for what is wrong with a row of officers."""

from flask_babel import lazy_gettext as _

from directory.sheets.grid import Fault
from portal.errors import Text
from portal.staff.rows import Wrong
from portal.web.permissions import Permission, Role

ROLE_NAMES: dict[str, Text] = {
    Role.OFFICER.value: _("Officer"),
    Role.SUPERVISOR.value: _("Supervisor (of units)"),
    Role.STEWARD.value: _("Directory steward"),
    Role.SYSTEM_ADMINISTRATOR.value: _("System administrator"),
    Role.SECURITY_ADMINISTRATOR.value: _("Security administrator"),
    Role.AUDITOR.value: _("Auditor"),
}

MEANINGS: dict[str, Text] = {
    Role.OFFICER.value: _("opens and answers the tickets of the own unit"),
    Role.SUPERVISOR.value: _("the same, and sees those of the units below; is mailed when they stall"),
    Role.STEWARD.value: _("keeps the directory of the own unit and of those below; sees no case"),
    Role.SYSTEM_ADMINISTRATOR.value: _("looks after accounts, settings and mail; sees no case"),
    Role.SECURITY_ADMINISTRATOR.value: _("grants roles and ends sessions; sees no case"),
    Role.AUDITOR.value: _("reads the audit log, and nothing else"),
}

SCOPE_MEANINGS: dict[Permission, Text] = {
    Permission.DIRECTORY_READ: _("look units, contacts and kinds of case up"),
    Permission.TICKET_READ: _("read the unit's tickets, their texts and files; no citizen's name or number"),
    Permission.TICKET_OPEN: _("open tickets for the unit"),
    Permission.TICKET_MOVE: _("move the unit's tasks: sign for, answer, return …"),
    Permission.TICKET_MESSAGE: _("write messages"),
    Permission.SUPERVISION_READ: _("read the figures of the unit and those below it"),
    Permission.EXTENSION_DECIDE: _("grant units one level below more time, or refuse it; only with reading tickets"),
    Permission.DIRECTORY_EDIT: _("give contact tables in for the unit and those below it, and apply them"),
    Permission.WEBHOOK_MANAGE: _("keep the unit's web hooks"),
}
"Of each scope: a test looks for those that are missing."

COLUMN_NAMES: dict[str, Text] = {
    "name": _("Name"),
    "unit": _("Unit"),
    "username": _("Username"),
    "email": _("Email"),
}

WRONGS: dict[Wrong, Text] = {
    Wrong.NO_NAME: _("The name is missing."),
    Wrong.LONG_NAME: _("The name is longer than 60 characters."),
    Wrong.NO_UNIT: _("The unit is missing."),
    Wrong.UNKNOWN_UNIT: _("No unit in service has this name or code."),
    Wrong.SEVERAL_UNITS: _("Several units below yours have this name: write the code instead."),
    Wrong.NOT_YOURS: _("This unit is neither yours nor below it."),
    Wrong.BAD_EMAIL: _("This is no e-mail address."),
    Wrong.BAD_USERNAME: _("Use 2 to 60 letters, digits, or . @ - _ between them."),
    Wrong.TAKEN: _("This username is taken, or stands twice in the sheet."),
}

NO_HEADER = _("No row names the columns: put one above with 姓名 and 单位, and if need be 用户名 and 邮箱.")

FILE_FAULTS: dict[Fault, Text] = {
    Fault.EMPTY: _("The file holds nothing."),
    Fault.NOT_A_SHEET: _("This is no sheet. Give an .xlsx, .xls, .csv or .txt file."),
    Fault.WEB_PAGE: _("This is a web page or XML that is named like a sheet. Open it, and save it as .xlsx."),
    Fault.DAMAGED: _("The file is damaged and cannot be read. Open it, and save it again as .xlsx."),
    Fault.PASSWORD: _("The file has a password. Take the password away, and give the file again."),
    Fault.TOO_LARGE: _("The file unpacks to more than a list of officers can be."),
    Fault.TOO_MANY_ROWS: _("The file has more than 400,000 rows. Give it in parts."),
    Fault.NO_HEADER: NO_HEADER,
    Fault.ENCODING: _("The text is neither UTF-8 nor GB18030. Save it as CSV UTF-8."),
}
