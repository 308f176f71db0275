"""Who is on duty and who is away: a unit's page, and a roster from a sheet with a plan before anything is entered."""

from datetime import tzinfo
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from directory import roster
from directory.entries import WrongFieldsError
from directory.history import locked_unit
from directory.models import Contact, Unit
from directory.presenting import in_calling_order
from directory.queries import subtree_codes
from directory.roster_import import RosterPlan, apply_roster, plan_roster, text_of
from directory.sheets import grid
from directory.shifts import UnreadableError
from directory.upkeep import Absence, DutyShift
from portal.audit.actions import record as audit
from portal.clock import now
from portal.config import Settings
from portal.contacts.forms import AbsenceForm, RosterForm, ShiftForm
from portal.contacts.import_wording import FAULTS
from portal.contacts.scope import (
    by,
    contact_of_absence,
    contact_to_edit,
    may_edit,
    may_enter_absence,
    unit_to_edit,
    unit_to_read,
)
from portal.contacts.wording import ROWS, told
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission
from portal.web.transactions import committed

bp = Blueprint("roster", __name__)
Answered = Response | str | tuple[str, int]


@bp.get("/units/<code>/roster")
@requires(Permission.DIRECTORY_READ)
def show(code: str) -> str:
    return _page(unit_to_read(db.session, code))


@bp.post("/units/<code>/shifts")
@requires(Permission.DIRECTORY_EDIT)
def add_shift(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code), ShiftForm(ids="shift")
    form.offer(in_calling_order(found.contacts))
    if not form.validate():
        return _page(found, shift_form=form), 422
    contact = contact_to_edit(db.session, actor(), form.contact.data, lock=True)
    try:
        begins, ends = form.span(_zone())
        roster.add_shift(db.session, contact, begins, ends, now(), by(actor()), form.remark.data or "")
    except WrongFieldsError as refused:
        db.session.rollback()
        form.refuse(told(refused))
        return _page(unit_to_read(db.session, code), shift_form=form), 422
    audit(db.session, actor(), "shift.add", f"contact {contact.id}", at=now(), unit=code)
    db.session.commit()
    return redirect(url_for(".show", code=code))


@bp.post("/shifts/<int:shift_id>/removals")
@requires(Permission.DIRECTORY_EDIT)
def remove_shift(shift_id: int) -> Response:
    shift = db.session.scalar(select(DutyShift).where(DutyShift.id == shift_id).options(joinedload(DutyShift.contact)))
    if shift is None or not may_edit(db.session, actor(), shift.unit_code):
        raise Hidden(_("There is no such shift."))
    code = shift.unit_code
    roster.remove_shift(db.session, shift, now(), by(actor()))
    audit(db.session, actor(), "shift.remove", f"contact {shift.contact_id}", at=now(), unit=code)
    db.session.commit()
    return redirect(url_for(".show", code=code))


@bp.post("/units/<code>/absences")
@requires(Permission.DIRECTORY_READ)
def add_absence(code: str) -> Answered:
    """By the steward, or by a contact of the unit for itself."""
    found, form = unit_to_read(db.session, code), AbsenceForm(ids="absence")
    deputies = roster.possible_deputies(db.session, found)
    form.offer(_absentees(found), deputies, found)
    if not form.validate():
        return _page(found, absence_form=form), 422
    contact = contact_of_absence(db.session, actor(), form.contact.data)
    locked_unit(db.session, contact.unit_code)
    deputy = next((each for each in deputies if each.id == form.deputy.data), None)
    try:
        begins, ends = form.span(_zone())
        roster.enter_absence(db.session, contact, begins, ends, deputy, now(), by(actor()), form.why.data or "")
    except WrongFieldsError as refused:
        db.session.rollback()
        form.refuse(
            Invalid({{"ends": "last_day"}.get(name, name): text for name, text in told(refused).fields.items()})
        )
        return _page(unit_to_read(db.session, code), absence_form=form), 422
    audit(db.session, actor(), "absence.add", f"contact {contact.id}", at=now(), unit=code)
    db.session.commit()
    return redirect(url_for(".show", code=code))


@bp.post("/absences/<int:absence_id>/ends")
@requires(Permission.DIRECTORY_READ)
def end_absence(absence_id: int) -> Response:
    absence = db.session.scalar(select(Absence).where(Absence.id == absence_id).options(joinedload(Absence.contact)))
    if absence is None:
        raise Hidden(_("There is no such absence."))
    contact = contact_of_absence(db.session, actor(), absence.contact_id)
    roster.end_absence(db.session, absence, now(), by(actor()))
    audit(db.session, actor(), "absence.end", f"contact {contact.id}", at=now(), unit=contact.unit_code)
    db.session.commit()
    return redirect(url_for(".show", code=contact.unit_code))


# From a sheet


@bp.get("/roster-import")
@requires(Permission.DIRECTORY_EDIT)
def sheet() -> str:
    return _sheet_page(RosterForm(formdata=None))


@bp.post("/roster-import")
@requires(Permission.DIRECTORY_EDIT)
def plan_sheet() -> Answered:
    """What the sheet would enter, row by row; nothing is entered yet."""
    form = RosterForm()
    if form.file.data:
        try:
            form.text.data = text_of(form.file.data.read(), form.file.data.filename or "")
        except grid.UnreadableError as unreadable:
            form.refuse(Invalid({"file": FAULTS[unreadable.fault]}))
            return _sheet_page(form), 422
    return _planned(form)[0]


@bp.post("/roster-import/entries")
@requires(Permission.DIRECTORY_EDIT)
def enter_sheet() -> Answered:
    """The rows that can be read; those refused stay for the steward to mend."""
    answer, plan = _planned(RosterForm())
    if plan is None or not plan.rows:
        return answer
    code = plan.rows[0].unit.code
    added = committed(db.session, lambda: _entered(RosterForm()))
    flash(_("Entered: %(n)d shifts.", n=added), "success")
    return redirect(url_for("contacts.roster.show", code=code))


def _entered(form: RosterForm) -> int:
    """The rows planned anew and entered: of two at once the second finds what the first entered."""
    plan = plan_roster(db.session, form.text.data or "", _editable())
    added = apply_roster(db.session, plan, now(), by(actor()))
    audit(db.session, actor(), "roster.import", at=now(), shifts=added, refused=len(plan.refused))
    return added


def _planned(form: RosterForm) -> tuple[Answered, RosterPlan | None]:
    plan, status = None, 200
    try:
        plan = plan_roster(db.session, form.text.data or "", _editable())
    except UnreadableError as unreadable:
        form.refuse(Invalid({"file": ROWS[unreadable.wrong]}))
        status = 422
    return (_sheet_page(form, plan), status), plan


def _sheet_page(form: RosterForm, plan: RosterPlan | None = None) -> str:
    return render_template("contacts/roster_import.html", form=form, plan=plan, words=ROWS)


def _editable() -> set[str]:
    return set(db.session.scalars(subtree_codes(actor().unit_code or "")))


def _page(found: Unit, shift_form: ShiftForm | None = None, absence_form: AbsenceForm | None = None) -> str:
    at, editable = now(), may_edit(db.session, actor(), found.code) and not found.closed_on
    shift_form = shift_form or ShiftForm(formdata=None, ids="shift")
    shift_form.offer(in_calling_order(found.contacts))
    absence_form = absence_form or AbsenceForm(formdata=None, ids="absence")
    absentees = _absentees(found)
    absence_form.offer(absentees, roster.possible_deputies(db.session, found), found)
    return render_template(
        "contacts/roster.html",
        unit=found,
        at=at,
        editable=editable,
        absentees={contact.id for contact in absentees},
        answering=roster.answering(db.session, found, at),
        shifts=db.session.scalars(roster.shifts_of(found.code, at)).all(),
        absences=db.session.scalars(roster.absences_of(found.code, at)).all(),
        shift_form=shift_form,
        absence_form=absence_form,
    )


def _absentees(found: Unit) -> list[Contact]:
    """Whose absences the reader may enter: the steward everybody's, others their own."""
    return [each for each in in_calling_order(found.contacts) if may_enter_absence(db.session, actor(), each)]


def _zone() -> tzinfo:
    return cast(Settings, current_app.extensions["settings"]).timezone
