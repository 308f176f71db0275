"""The commands `flask --app wsgi portal calendar …`: a year's days from a file."""

from pathlib import Path

import click
from flask.cli import AppGroup

from directory.history import By
from directory.sheets.grid import UnreadableError
from directory.timetable import days_in_force, give_year, read_year_file, shown, sign_off
from directory.upkeep import Source
from directory.year_sheet import YearDay, YearSheet, changed_days
from portal import clock
from portal.audit.actions import record as audit
from portal.calendars.wording import COLUMNS, DAY_FAULTS
from portal.contacts.import_wording import FAULTS
from portal.errors import Invalid
from portal.extensions import db
from portal.reporting import NotDone, Report, reports
from portal.web.actor import PORTAL

NO_EXCEPTION = "no exception"

calendar_commands = AppGroup("calendar", help="Working days.")


@calendar_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the days that would change, and change nothing.")
@reports
def import_command(file: Path, dry_run: bool) -> tuple[Report, str]:
    """Put a year's days in force: columns date, kind (closed, open, special), hours, remark; in Chinese as well.

    The limits that run are counted anew by the worker.
    """
    try:
        sheet = read_year_file(file.read_bytes(), file.name)
    except UnreadableError as error:
        raise Invalid({"file": FAULTS[error.fault]}) from error
    if sheet.wrong:
        raise NotDone(_report(sheet, []), _wrong(sheet))
    changes = [
        {"day": _day(before, after), "before": _told(before), "after": _told(after)}
        for before, after in changed_days(days_in_force(db.session, sheet.year), sheet.days)
    ]
    if not dry_run:
        _put_in_force(sheet, file.name)
    lines = [f"{one['day']}: {one['before'] or NO_EXCEPTION} → {one['after'] or NO_EXCEPTION}" for one in changes]
    done = "Nothing was changed." if dry_run else f"{sheet.year} is in force."
    return _report(sheet, changes) | {"applied": not dry_run}, "\n".join([*lines, done])


def _put_in_force(sheet: YearSheet, name: str) -> None:
    by, at = By(PORTAL.name, source=Source.COMMAND), clock.now()
    sign_off(db.session, give_year(db.session, sheet, name, at, by), at, by)
    audit(db.session, PORTAL, "calendar.sign-off", f"year {sheet.year}", at=at, days=len(sheet.days))
    db.session.commit()


def _day(before: YearDay | None, after: YearDay | None) -> str:
    return str(next(one.day for one in (after, before) if one))


def _told(one: YearDay | None) -> str | None:
    return shown(one) if one else None


def _report(sheet: YearSheet, changes: list[dict[str, str | None]]) -> dict[str, object]:
    refused = [{"row": one.row, "column": one.column, "reason": str(DAY_FAULTS[one.fault])} for one in sheet.wrong]
    return {"year": sheet.year, "days": len(sheet.days), "changes": changes, "refused": refused}


def _wrong(sheet: YearSheet) -> str:
    return "\n".join(f"row {one.row} {COLUMNS[one.column]}: {DAY_FAULTS[one.fault]}" for one in sheet.wrong)
