"""What is wrong in the directory: reported by any officer, listed for the stewards, settled by one of them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from directory import corrections
from directory.models import Contact, Correction, Unit
from directory.presenting import in_calling_order
from portal.audit.actions import record as audit
from portal.clock import now
from portal.contacts.actions import settle_correction
from portal.contacts.forms import ReportForm, SettlementForm
from portal.contacts.scope import may_edit, unit_to_edit, unit_to_read
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("corrections", __name__)
Answered = Response | str | tuple[str, int]


@bp.get("/units/<code>/reports")
@requires(Permission.DIRECTORY_READ)
def ask(code: str) -> str:
    found = unit_to_read(db.session, code)
    form = ReportForm(formdata=None)
    form.offer(in_calling_order(found.contacts))
    return render_template("contacts/report.html", unit=found, form=form)


@bp.post("/units/<code>/reports")
@requires(Permission.DIRECTORY_READ)
def report(code: str) -> Answered:
    found, form = unit_to_read(db.session, code), ReportForm()
    people = in_calling_order(found.contacts)
    form.offer(people)
    if not form.validate():
        return render_template("contacts/report.html", unit=found, form=form), 422
    contact = next((each for each in people if each.id == form.contact.data), None)
    who = f"{actor().name} · {_own_unit()}"
    made = corrections.report(db.session, found, contact, form.text.data or "", now(), who, form.proposal())
    db.session.flush()
    audit(db.session, actor(), "correction.report", f"correction {made.id}", at=now(), unit=code)
    db.session.commit()
    flash(_("Thank you. The stewards who keep this unit's entry see it on their list."), "success")
    return redirect(url_for("contacts.unit", code=code))


@bp.get("/corrections")
@requires(Permission.DIRECTORY_EDIT)
def listed() -> str:
    """The open corrections at the steward's unit and below."""
    found = db.session.scalars(corrections.open_below(actor().unit_code)).all()
    return render_template("contacts/corrections.html", corrections=found)


@bp.get("/corrections/<int:correction_id>")
@requires(Permission.DIRECTORY_EDIT)
def show(correction_id: int) -> str:
    found, form = _correction(correction_id), SettlementForm(formdata=None)
    form.show(found)
    return _page(found, form)


@bp.post("/corrections/<int:correction_id>/settlements")
@requires(Permission.DIRECTORY_EDIT)
def settle(correction_id: int) -> Answered:
    found, form = _correction(correction_id), SettlementForm()
    form.offer(found)
    unit_to_edit(db.session, actor(), found.unit_code, lock=True)
    if not form.validate():
        return _page(found, form), 422
    outcome = form.outcome.data
    try:
        settle_correction(db.session, actor(), found, outcome, form.values(), form.why.data or "", now())
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _page(_correction(correction_id), form), 422
    db.session.commit()
    flash(_("Settled."), "success")
    return redirect(url_for(".listed"))


def _correction(correction_id: int) -> Correction:
    at_hand = joinedload(Correction.unit), joinedload(Correction.contact).selectinload(Contact.phones)
    found = db.session.scalar(select(Correction).where(Correction.id == correction_id).options(*at_hand))
    if found is None or not may_edit(db.session, actor(), found.unit_code):
        raise Hidden(_("There is no such correction."))
    return found


def _page(correction: Correction, form: SettlementForm) -> str:
    form.offer(correction)
    return render_template("contacts/correction.html", correction=correction, form=form)


def _own_unit() -> str:
    own = db.session.get(Unit, actor().unit_code)
    return own.name if own else ""
