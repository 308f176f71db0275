"""Many officers from a sheet: first a plan of every row, then, in one transaction, the accounts."""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit
from directory.queries import subtree_codes
from directory.sheets.grid import Sheet
from directory.sheets.reading import read_sheets
from portal.accounts import usernames
from portal.accounts.actions import LONGEST_NAME, add_officer, check_email
from portal.accounts.models import Officer
from portal.audit.actions import record as audit
from portal.errors import Invalid
from portal.staff.rows import Row, Wrong, header, rows_of
from portal.web.actor import Actor


@dataclass(frozen=True)
class Planned:
    """A row that becomes an account."""

    row: Row
    unit: Unit


@dataclass(frozen=True)
class Refused:
    """A row that does not: in which column, and why."""

    row: Row
    column: str
    wrong: Wrong


class WrongCellError(ValueError):
    def __init__(self, column: str, wrong: Wrong) -> None:
        super().__init__(wrong)
        self.column, self.wrong = column, wrong


@dataclass
class Plan:
    """What a sheet would do, row by row; `there`: who has an account at that unit already."""

    rows: list[Planned] = field(default_factory=list)
    there: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def text_of(content: bytes, name: str = "") -> str:
    """The sheet that names the columns, as lines of comma separated values, each where it stands on its sheet."""
    sheets = read_sheets(content, name)
    return _as_lines(next((sheet for sheet in sheets if any(header(row.cells) for row in sheet.rows)), sheets[0]))


def plan(session: Session, actor: Actor, text: str) -> Plan:
    """Every row as it would be entered, or why not; `rows.NoHeaderError` where no line names the columns."""
    rows = rows_of(text.splitlines())
    units = _units_called(session, {row.unit for row in rows})
    ours = set(session.scalars(subtree_codes(actor.unit_code or "")))
    taken, known = _taken(session, rows), _known(session, units)
    made = Plan()
    for row in rows:
        try:
            unit = _unit_of(row, units, ours)
            _check(row, taken)
        except WrongCellError as error:
            made.refused.append(Refused(row, error.column, error.wrong))
            continue
        if (row.name, unit.code) in known and not row.username:
            made.there.append(row)
            continue
        known.add((row.name, unit.code))
        taken.add(usernames.normal(row.username))
        made.rows.append(Planned(row, unit))
    return made


def apply(session: Session, actor: Actor, made: Plan, at: datetime) -> list[Officer]:
    """The accounts, without a role; the security administrator grants them."""
    added = [
        add_officer(session, actor, one.row.name, one.unit.code, (), username=one.row.username or None,
                    email=one.row.email, at=at, roles_follow=True)
        for one in made.rows
    ]  # fmt: skip
    audit(session, actor, "officers.import", at=at, added=len(added), refused=len(made.refused))
    return added


def _check(row: Row, taken: Collection[str]) -> None:
    if not row.name:
        raise WrongCellError("name", Wrong.NO_NAME)
    if len(row.name) > LONGEST_NAME:
        raise WrongCellError("name", Wrong.LONG_NAME)
    username = usernames.normal(row.username)
    if username and not usernames.allowed(username):
        raise WrongCellError("username", Wrong.BAD_USERNAME)
    if username and username in taken:
        raise WrongCellError("username", Wrong.TAKEN)
    try:
        check_email(row.email)
    except Invalid as error:
        raise WrongCellError("email", Wrong.BAD_EMAIL) from error


def _unit_of(row: Row, units: Mapping[str, Sequence[Unit]], ours: Collection[str]) -> Unit:
    if not row.unit:
        raise WrongCellError("unit", Wrong.NO_UNIT)
    found = units.get(row.unit, ())
    mine = [unit for unit in found if unit.code in ours]
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise WrongCellError("unit", Wrong.SEVERAL_UNITS)
    raise WrongCellError("unit", Wrong.NOT_YOURS if found else Wrong.UNKNOWN_UNIT)


def _units_called(session: Session, names: Collection[str]) -> dict[str, list[Unit]]:
    """The units in service of these names or codes."""
    found: dict[str, list[Unit]] = defaultdict(list)
    plain = {name for name in names if "\x00" not in name}
    called = select(Unit).where(Unit.name.in_(plain) | Unit.code.in_(plain), Unit.closed_on.is_(None))
    for unit in session.scalars(called.order_by(Unit.code)):
        found[unit.name].append(unit)
        found[unit.code].append(unit)
    return found


def _taken(session: Session, rows: Sequence[Row]) -> set[str]:
    wanted = {usernames.normal(row.username) for row in rows if row.username}
    return set(session.scalars(select(Officer.username).where(Officer.username.in_(wanted))))


def _known(session: Session, units: Mapping[str, Sequence[Unit]]) -> set[tuple[str, str]]:
    """Who has an account in use at these units: a sheet given in twice adds nobody twice."""
    codes = {unit.code for found in units.values() for unit in found}
    held = select(Officer.name, Officer.unit_code).where(Officer.unit_code.in_(codes), Officer.active)
    return {(name, code) for name, code in session.execute(held)}


def _as_lines(sheet: Sheet) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for blank, cells in _placed(sheet):
        text.write("\n" * blank)
        writer.writerow(cells)
    return text.getvalue()


def _placed(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of blank lines above it."""
    above = 0
    for row in sheet.rows:
        yield row.number - above - 1, [" ".join(cell.split()) for cell in row.cells]
        above = row.number
