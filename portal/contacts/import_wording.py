"""What a plan says in words: why a file or a line is refused, what is asked, what may be answered."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from directory.importing import line_detail
from directory.sheets.grid import Fault, column_name
from directory.sheets.plan import JOIN, KEEP, MOVE, NEW, RENAME, SKIP, Asked, Line, Reason
from portal.errors import Text

Facts = Mapping[str, str]
Saying = Callable[[Facts], Text]

CHANGED = _("The directory has changed since you looked at the plan. Look at it again, then apply it.")
FAULT_CHANGED, FAULT_BROKEN = "changed", "broken"
IMPORT_FAULTS: dict[str, Text] = {
    FAULT_CHANGED: CHANGED,
    FAULT_BROKEN: _("The portal could not finish this, and nothing was changed. Tell the administrator."),
}

FAULTS: dict[Fault, Text] = {
    Fault.EMPTY: _("The file holds nothing. Choose the file with the contact table."),
    Fault.NOT_A_SHEET: _("This is no sheet. Give an .xlsx, .xls, .csv or .txt file."),
    Fault.WEB_PAGE: _("This is a web page or XML that is named like a sheet. Open it, and save it as .xlsx."),
    Fault.DAMAGED: _("The file is damaged and cannot be read. Open it, and save it again as .xlsx."),
    Fault.PASSWORD: _("The file has a password. Take the password away, and give the file again."),
    Fault.TOO_LARGE: _("The file unpacks to more than a contact table can be. Copy the table into a new file."),
    Fault.TOO_MANY_ROWS: _("The file has more than 400,000 rows. Give it in parts."),
    Fault.NO_HEADER: _(
        "No row names the columns. Put a row above the table with 单位名称, 联系人, 联系电话 and so on."
    ),
    Fault.ENCODING: _("The text is neither UTF-8 nor GB18030. Save it as CSV UTF-8."),
}

_REASONS: dict[Reason, Saying] = {
    Reason.NO_UNIT: lambda f: _("The row names no unit. Fill in the unit's name or code.", **f),
    Reason.UNKNOWN_UNIT: lambda f: _(
        "No unit is called %(text)s here. Give its code, or the unit above it, if it is new.", **f
    ),
    Reason.UNKNOWN_PARENT: lambda f: _("The unit above, %(text)s, is not in the directory. Correct it.", **f),
    Reason.UNKNOWN_PLACE: lambda f: _("Nobody knows the district %(text)s. Correct it, or give the unit's code.", **f),
    Reason.UNKNOWN_DIVISION: lambda f: _("%(text)s is no division code of the province. Correct it.", **f),
    Reason.AMBIGUOUS_PARENT: lambda f: _("Several units are called %(text)s. Give the code of the unit above.", **f),
    Reason.PARENTS_DISAGREE: lambda f: _(
        "The unit above is %(text)s by its name and %(code)s by its code. Correct one of them.", **f
    ),
    Reason.OWN_PARENT: lambda f: _("%(name)s cannot be above itself. Correct the unit above.", **f),
    Reason.BELOW_ITSELF: lambda f: _("%(parent)s is below %(name)s and cannot be above it as well.", **f),
    Reason.STATION_COMMANDS: lambda f: _("%(name)s is a police station: no unit is below it.", **f),
    Reason.BAD_CODE: lambda f: _(
        "%(text)s is no unit code: it has 12 digits or letters. Was it shortened by the spreadsheet?", **f
    ),
    Reason.CODE_OF_OTHER: lambda f: _(
        "%(code)s is the code of %(name)s, but %(other)s has %(its)s. Correct the code or the name.", **f
    ),
    Reason.NO_NAME: lambda f: _("The code %(code)s is not known, and a new unit needs a name.", **f),
    Reason.CLOSED: lambda f: (
        _("%(name)s is closed; its successor is %(successor)s. Write the successor.", **f)
        if f.get("successor")
        else _("%(name)s is closed and has no successor.", **f)
    ),
    Reason.OUTSIDE: lambda f: _("%(name)s is not below your unit: its own steward can change it.", **f),
    Reason.NOT_UNDER: lambda f: _("%(name)s is not below %(under)s, of which this table is said to be.", **f),
    Reason.CONTRADICTS: lambda f: _("“%(text)s” is not what row %(row)s says of the same unit. Correct one row.", **f),
    Reason.TOO_LONG: lambda f: _("The text is longer than %(longest)s characters. Shorten it.", **f),
    Reason.IDENTITY_NUMBER: lambda _facts: _(
        "The cell holds a citizen's identity number, which the directory does not keep. Empty the column."
    ),
    Reason.FORMULA_ERROR: lambda f: _("The cell holds %(text)s, the error of a formula. Write the value.", **f),
}

_QUESTIONS: dict[Asked, Saying] = {
    Asked.WHICH_UNIT: lambda f: _("Several units are called %(sheet)s. Which one is meant?", **f),
    Asked.ELSEWHERE: lambda f: _("There is no %(sheet)s in this place, but elsewhere. Which one is meant?", **f),
    Asked.RESEMBLES: lambda f: _("%(sheet)s is not known. Is it another name of one of these, or new?", **f),
    Asked.CODE_UNKNOWN: lambda f: _(
        "The code %(code)s is not known, but %(sheet)s is there under another code. Which one is meant?", **f
    ),
    Asked.RENAMED: lambda f: _("%(code)s is %(name)s in the directory, %(sheet)s in the table. Was it renamed?", **f),
    Asked.MOVED: lambda f: _(
        "%(name)s is below %(now)s in the directory, below %(parent)s in the table. Was it moved?", **f
    ),
    Asked.WHICH_CONTACT: lambda f: _("Whom of %(unit)s does the row mean? %(name)s %(phones)s", **f),
    Asked.SAME_PERSON: lambda f: _("%(name)s has another role at %(unit)s. Is it the same person?", **f),
    Asked.REPLACED: lambda f: _("%(name)s has the phone or mailbox of somebody else at %(unit)s. Who is it?", **f),
    Asked.RETIRED: lambda f: _("%(name)s was retired at %(unit)s. Enter this contact again?", **f),
    Asked.TWICE: lambda f: _("Row %(row)s tells of %(name)s already, and otherwise. Is it the same contact?", **f),
}

_ANSWERS: dict[str, Text] = {
    NEW: _("New: enter it"),
    SKIP: _("Leave the row out"),
    RENAME: _("Yes: take the table's name"),
    KEEP: _("No: keep what the directory says"),
    MOVE: _("Yes: take the table's"),
    JOIN: _("The same: add the phones"),
}

FIELDS: dict[str, Text] = {
    "name": _("Name"),
    "kind": _("Kind"),
    "parent": _("Unit above"),
    "locality": _("Division"),
    "former_names": _("Former names"),
    "address": _("Address"),
    "public_phone": _("Public phone"),
    "unit_remark": _("Remark on the unit"),
    "role": _("Role"),
    "rank": _("Order of calling"),
    "person": _("Contact"),
    "post": _("Post"),
    "phones": _("Phones"),
    "email": _("Email"),
    "remark": _("Remark"),
}

_VALUES: dict[tuple[str, str], Text] = {
    ("kind", "corps"): _("Corps"),
    ("kind", "detachment"): _("Detachment"),
    ("kind", "hall"): _("Registration hall"),
    ("kind", "station"): _("Police station"),
    ("role", "desk"): _("Desk"),
    ("role", "registrar"): _("Registrar"),
    ("role", "supervisor"): _("Supervisor"),
    ("role", "leader"): _("Leader"),
}


def of_line(line: Line) -> Text:
    """Why a line is refused, or what it asks."""
    detail = line_detail(line)
    return reason(detail) if line.reason else question(detail["question"])


def reason(detail: Mapping[str, Any]) -> Text:
    """Why a line is refused, from its detail."""
    return _REASONS[Reason(detail["reason"])](detail["facts"])


def column(detail: Mapping[str, Any]) -> str:
    """The letter over the column at fault, or nothing."""
    return "" if detail["column"] is None else column_name(detail["column"])


def question(asked: Mapping[str, Any]) -> Text:
    """What is asked."""
    return _QUESTIONS[Asked(asked["kind"])](asked["facts"])


def candidate(one: Mapping[str, Any]) -> Text:
    """What may be answered, without the path of a unit."""
    known = _ANSWERS.get(one["value"])
    return known if known is not None else str(one["name"])


def value(name: str, text: str) -> Text:
    """A field's value in words: kinds and roles have names."""
    return _VALUES.get((name, text), text)
