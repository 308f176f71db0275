"""The working calendar: a year of any unit for everybody; a year's days given in and signed off by administrators."""

from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from directory.calendars import calendar_of
from directory.days import CalendarYear, YearState
from directory.history import By
from directory.models import Unit
from directory.sheets.grid import UnreadableError
from directory.timetable import (
    YearStateError,
    days_given,
    days_in_force,
    drop_year,
    give_year,
    read_year_file,
    sign_off,
)
from directory.year_sheet import YearSheet, changed_days
from portal.audit.actions import record as audit
from portal.calendars.forms import DecisionForm, YearForm
from portal.calendars.page import counted, months
from portal.calendars.wording import COLUMNS, DAY_FAULTS
from portal.clock import now
from portal.config import Settings
from portal.contacts.import_wording import FAULTS
from portal.errors import Conflict, Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("calendars", __name__, url_prefix="/calendar")
Answered = Response | str | tuple[str, int]
FIRST_YEAR, LAST_YEAR = 2004, 2100
YEARS_LISTED = 50


@bp.get("")
@requires(Permission.DIRECTORY_READ)
def this_year() -> Response:
    here = now().astimezone(cast(Settings, current_app.extensions["settings"]).timezone)
    return redirect(url_for(".year", year=here.year, unit=request.args.get("unit") or None))


@bp.get("/<int:year>")
@requires(Permission.DIRECTORY_READ)
def year(year: int) -> str:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Hidden(_("There is no calendar of this year."))
    unit = _unit(request.args.get("unit", ""))
    calendar = calendar_of(db.session, unit.code if unit else "")
    listed = months(calendar, year, now().astimezone(calendar.tz).date())
    return render_template(
        "calendars/year.html",
        year=year,
        unit=unit,
        months=listed,
        counts=counted(listed),
        assumed=year > calendar.known_until.year,
        known_until=calendar.known_until,
        years=(FIRST_YEAR, LAST_YEAR),
    )


def _unit(code: str) -> Unit | None:
    if not code:
        return None
    unit = db.session.get(Unit, code) if "\x00" not in code else None
    if unit is None:
        raise Hidden(_("There is no unit with this code."))
    return unit


# Years given in and signed off


@bp.get("/years")
@requires(Permission.SETTINGS_MANAGE)
def years() -> str:
    return _years_page(YearForm(formdata=None))


@bp.post("/years")
@requires(Permission.SETTINGS_MANAGE)
def give() -> Answered:
    form = YearForm()
    name = (form.file.data.filename or "") if form.file.data else ""
    content = form.file.data.read() if form.file.data else (form.text.data or "").encode()
    try:
        sheet = read_year_file(content, name)
    except UnreadableError as unreadable:
        form.refuse(Invalid({"file": FAULTS[unreadable.fault]}))
        return _years_page(form), 422
    if sheet.wrong:
        form.refuse(Invalid({"file": _("Correct these lines in the file and give it in again: nothing was kept.")}))
        return _years_page(form, sheet), 422
    made = give_year(db.session, sheet, name, now(), _by())
    audit(db.session, actor(), "calendar.give", f"year {made.year}", at=now(), days=len(sheet.days))
    db.session.commit()
    return redirect(url_for(".plan", year_id=made.id))


@bp.get("/years/<int:year_id>")
@requires(Permission.SETTINGS_MANAGE)
def plan(year_id: int) -> str:
    """Day by day what would be another."""
    found = _given(year_id)
    changes = changed_days(days_in_force(db.session, found.year), days_given(found))
    return render_template("calendars/plan.html", given=found, changes=changes, form=DecisionForm(formdata=None),
                           state=YearState, total=len(days_given(found)))  # fmt: skip


@bp.post("/years/<int:year_id>/signatures")
@requires(Permission.SETTINGS_MANAGE)
def sign(year_id: int) -> Response:
    found = _given(year_id, lock=True)
    try:
        sign_off(db.session, found, now(), _by())
    except YearStateError as error:
        raise Conflict(_("This was decided already. Give the file in again to change it.")) from error
    audit(db.session, actor(), "calendar.sign-off", f"year {found.year}", at=now())
    db.session.commit()
    flash(_("%(year)d is in force. The limits that run are counted anew within a minute.", year=found.year), "success")
    return redirect(url_for(".year", year=found.year))


@bp.post("/years/<int:year_id>/withdrawals")
@requires(Permission.SETTINGS_MANAGE)
def withdraw(year_id: int) -> Response:
    found = _given(year_id, lock=True)
    try:
        drop_year(found, now(), _by())
    except YearStateError as error:
        raise Conflict(_("This was decided already. Give the file in again to change it.")) from error
    audit(db.session, actor(), "calendar.withdraw", f"year {found.year}", at=now())
    db.session.commit()
    return redirect(url_for(".years"))


def _given(year_id: int, *, lock: bool = False) -> CalendarYear:
    statement = select(CalendarYear).where(CalendarYear.id == year_id)
    found = db.session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise Hidden(_("There is no such file."))
    return found


def _by() -> By:
    return By(actor().name, actor().officer_id)


def _years_page(form: YearForm, sheet: YearSheet | None = None) -> str:
    listed = db.session.scalars(select(CalendarYear).order_by(CalendarYear.id.desc()).limit(YEARS_LISTED)).all()
    calendar = calendar_of(db.session, "")
    return render_template(
        "calendars/years.html",
        form=form,
        wrong=sheet.wrong if sheet else (),
        words=DAY_FAULTS,
        columns=COLUMNS,
        listed=listed,
        known_until=calendar.known_until,
        state=YearState,
    )
