"""A unit's hours and its own dated exceptions, kept by its steward."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.calendars import calendar_of
from directory.days import CalendarDay, DayKind
from directory.entries import WrongFieldsError
from directory.history import ChangedMeanwhileError, check_seen, last_change
from directory.hours import HOLIDAY, OFFICE_WEEK, read_week
from directory.models import Unit
from directory.timetable import change_hours, days_of, remove_day, set_day
from directory.year_sheet import YearDay
from portal.audit.actions import record as audit
from portal.clock import now
from portal.contacts.hours_forms import DayForm, HoursForm
from portal.contacts.scope import by, unit_to_edit
from portal.contacts.wording import told
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("hours", __name__)
Answered = Response | str | tuple[str, int]
MONDAY = date(2016, 1, 4)
SHOWN_BACK = timedelta(days=31)


@bp.get("/units/<code>/hours")
@requires(Permission.DIRECTORY_EDIT)
def show(code: str) -> str:
    return _page(unit_to_edit(db.session, actor(), code))


@bp.post("/units/<code>/hours")
@requires(Permission.DIRECTORY_EDIT)
def change(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), HoursForm(ids="hours")
    if not form.validate():
        return _page(found, form), 422
    try:
        check_seen(db.session, found, form.seen.data or 0)
        change_hours(db.session, found, form.hours(), now(), by(actor()), form.why.data or "")
    except ChangedMeanwhileError as meanwhile:
        form.look_again(meanwhile.changes)
        return _page(found, form), 409
    except WrongFieldsError as refused:
        db.session.rollback()
        form.refuse(
            Invalid({"days-0": _("Give the hours of one week day at least.")}) if refused.faults else told(refused)
        )
        return _page(unit_to_edit(db.session, actor(), code), form), 422
    audit(db.session, actor(), "unit.hours", f"unit {code}", at=now(), hours=found.hours)
    db.session.commit()
    flash(_("Saved. Limits that run here are counted anew within a minute."), "success")
    return redirect(url_for(".show", code=code))


@bp.post("/units/<code>/days")
@requires(Permission.DIRECTORY_EDIT)
def add_day(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), DayForm(ids="day")
    if not form.validate():
        return _page(found, day_form=form), 422
    try:
        one = YearDay(form.day.data, DayKind(form.kind.data), form.hours.data or "", form.remark.data or "")
        set_day(db.session, found, one, now(), by(actor()))
    except WrongFieldsError as refused:
        db.session.rollback()
        form.refuse(told(refused))
        return _page(unit_to_edit(db.session, actor(), code), day_form=form), 422
    audit(db.session, actor(), "unit.day", f"unit {code}", at=now(), day=one.day.isoformat())
    db.session.commit()
    flash(_("Saved. Limits that run here are counted anew within a minute."), "success")
    return redirect(url_for(".show", code=code, _anchor="days"))


@bp.post("/units/<code>/days/<int:day_id>/removals")
@requires(Permission.DIRECTORY_EDIT)
def take_day(code: str, day_id: int) -> Response:
    found = unit_to_edit(db.session, actor(), code, lock=True)
    one = db.session.get(CalendarDay, day_id)
    if one is None or one.unit_code != code:
        raise Hidden(_("There is no such day."))
    remove_day(db.session, found, one, now(), by(actor()))
    audit(db.session, actor(), "unit.day", f"unit {code}", at=now(), taken=one.day.isoformat())
    db.session.commit()
    return redirect(url_for(".show", code=code, _anchor="days"))


def _page(found: Unit, form: HoursForm | None = None, day_form: DayForm | None = None) -> str:
    today = now().astimezone(calendar_of(db.session, "").tz).date()
    if form is None:
        form = HoursForm(formdata=None, ids="hours", seen=last_change(db.session, found))
        form.show(read_week(found.hours))
    return render_template(
        "contacts/hours.html",
        unit=found,
        form=form,
        day_form=day_form or DayForm(formdata=None, ids="day"),
        own=found.hours != "",
        week=[MONDAY + timedelta(days=n) for n in range(HOLIDAY)],
        office=OFFICE_WEEK,
        days=db.session.scalars(days_of(found.code).where(CalendarDay.day >= today - SHOWN_BACK)).all(),
    )
