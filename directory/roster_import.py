"""A duty roster from a sheet: first a plan of every row, then, in one transaction, the shifts."""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.calendars import TIMEZONE
from directory.editing import enter_contact
from directory.entries import LONGEST, check_phone
from directory.freshness import ContactState
from directory.history import By
from directory.models import Contact, ContactRole, Unit
from directory.phones import PrintedPhone
from directory.roster import add_shift
from directory.sheets.grid import Sheet
from directory.sheets.reading import read_sheets
from directory.shifts import Row, UnreadableError, Wrong, names_columns, rows_of, span_of
from directory.working_time import CHINA

MOST_ROWS = 5_000


@dataclass(frozen=True)
class Planned:
    """A row that can be entered; without `contact` a person of this name is entered first."""

    row: Row
    unit: Unit
    begins_at: datetime
    ends_at: datetime
    contact: Contact | None


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot: which, in which column, and why."""

    number: int
    column: str
    wrong: Wrong


@dataclass
class RosterPlan:
    """What an import would do, row by row."""

    rows: list[Planned] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def newcomers(self) -> list[Planned]:
        """The first row of each person who is not in the table yet."""
        return list({(one.unit.code, one.row.name): one for one in reversed(self.rows) if not one.contact}.values())


def text_of(content: bytes, name: str = "") -> str:
    """A roster's file as lines of comma separated values, each where it stands on its sheet.

    Of a workbook the first sheet that names the columns. `directory.sheets.grid.UnreadableError` if it is no sheet.
    """
    sheets = read_sheets(content, name)
    return _as_lines(
        next((sheet for sheet in sheets if any(names_columns(row.cells) for row in sheet.rows)), sheets[0])
    )


def plan_roster(session: Session, text: str, editable: Collection[str]) -> RosterPlan:
    """Every row as it would be entered, or why not; only for units of `editable`. UnreadableError without a header."""
    rows = rows_of(text.splitlines())[:MOST_ROWS]
    units = _units_called(session, {row.unit for row in rows})
    contacts = _contacts(session, {unit.code for found in units.values() for unit in found})
    zone = session.info.get(TIMEZONE, CHINA)
    plan = RosterPlan()
    for row in rows:
        try:
            plan.rows.append(_planned(row, units, contacts, editable, zone))
        except UnreadableError as error:
            plan.refused.append(RefusedRow(row.number, error.column, error.wrong))
    return plan


def apply_roster(session: Session, plan: RosterPlan, at: datetime, by: By) -> int:
    """Enter the planned shifts, and the people who are new; how many shifts were not there yet."""
    made: dict[tuple[str, str], Contact] = {}
    added = 0
    for one in plan.rows:
        key = one.unit.code, one.row.name
        contact = one.contact or made.get(key) or _entered(session, one, at, by)
        made[key] = contact
        added += add_shift(session, contact, one.begins_at, one.ends_at, at, by, one.row.note) is not None
        session.flush()
    return added


def _as_lines(sheet: Sheet) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    above = 0
    for row in sheet.rows:
        text.write("\n" * (row.number - above - 1))
        writer.writerow([" ".join(cell.split()) for cell in row.cells])
        above = row.number
    return text.getvalue()


def _planned(
    row: Row,
    units: Mapping[str, Sequence[Unit]],
    contacts: Mapping[tuple[str, str], Sequence[Contact]],
    editable: Collection[str],
    zone: tzinfo,
) -> Planned:
    unit = _unit_of(row, units, editable)
    if not row.name:
        raise UnreadableError("name", Wrong.NO_NAME)
    if len(row.name) > LONGEST["name"] or len(row.note) > LONGEST["note"]:
        raise UnreadableError("name", Wrong.TOO_LONG)
    begins_at, ends_at = span_of(row, zone)
    contact = _contact_of(row, contacts.get((unit.code, row.name), ()))
    if contact is None and row.phone and check_phone(PrintedPhone(row.phone)):
        raise UnreadableError("phone", Wrong.NO_NUMBER)
    return Planned(row, unit, begins_at, ends_at, contact)


def _unit_of(row: Row, units: Mapping[str, Sequence[Unit]], editable: Collection[str]) -> Unit:
    if not row.unit:
        raise UnreadableError("unit", Wrong.NO_UNIT)
    found = units.get(row.unit, ())
    if not found:
        raise UnreadableError("unit", Wrong.UNKNOWN_UNIT)
    ours = [unit for unit in found if unit.code in editable]
    if len(ours) != 1:
        raise UnreadableError("unit", Wrong.SEVERAL_UNITS if ours else Wrong.NOT_YOURS)
    return ours[0]


def _contact_of(row: Row, called: Sequence[Contact]) -> Contact | None:
    """The contact of that name; among several the one with the phone."""
    digits = "".join(filter(str.isdecimal, row.phone))
    with_phone = (contact for contact in called if any(phone.digits == digits for phone in contact.phones))
    return next(with_phone, next(iter(called), None))


def _units_called(session: Session, names: Collection[str]) -> dict[str, list[Unit]]:
    """The units in service of these names or codes."""
    found: dict[str, list[Unit]] = defaultdict(list)
    statement = select(Unit).where(Unit.name.in_(names) | Unit.code.in_(names), Unit.closed_on.is_(None))
    for unit in session.scalars(statement):
        found[unit.name].append(unit)
        found[unit.code].append(unit)
    return found


def _contacts(session: Session, codes: Iterable[str]) -> dict[tuple[str, str], list[Contact]]:
    found: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    statement = select(Contact).where(Contact.unit_code.in_(list(codes)), Contact.state != ContactState.RETIRED)
    for contact in session.scalars(statement.options(selectinload(Contact.phones)).order_by(Contact.rank, Contact.id)):
        found[contact.unit_code, contact.name].append(contact)
    return found


def _entered(session: Session, one: Planned, at: datetime, by: By) -> Contact:
    contact = Contact(unit_code=one.unit.code, role=ContactRole.DESK, name=one.row.name, language="zh")
    return enter_contact(session, contact, [PrintedPhone(one.row.phone)] if one.row.phone else [], at, by)
