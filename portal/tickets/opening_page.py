"""The page of a new ticket: its units found, its preview of who owes what by when, and who is mailed if not."""

from collections.abc import Collection

from flask import render_template

from directory.models import Unit
from directory.queries import with_all_above
from portal.clock import now
from portal.errors import Invalid
from portal.extensions import db
from portal.procedures.catalogue import FORMER_REGISTRY, shipped
from portal.tickets.checking import checked
from portal.tickets.forecast import forecast
from portal.tickets.opening_forms import OpeningForm
from portal.tickets.planning import planned
from portal.tickets.queries import partners
from portal.web.access import actor
from portal.web.unit_choice import settle

ROWS = frozenset({"places", "citizens"})


def render_opening(form: OpeningForm) -> str:
    own = _units([actor().unit_code or ""]).get(actor().unit_code or "")
    return render_template(
        "tickets/new.html", form=form, procedures=shipped(), former=FORMER_REGISTRY, own=own, **_preview(form)
    )


def render_preview(form: OpeningForm) -> str:
    """The preview alone, for a page that has the rest."""
    return render_template("tickets/preview.html", **_preview(form))


def settle_units(form: OpeningForm) -> None:
    """Finds the units that were typed as words, and notes where the officer still has to choose."""
    own = actor().unit_code
    most = db.session.scalars(partners(own)).all() if own else ()
    for field in form.units:
        if wrong := settle(db.session, field.form, own, most):
            form.unsettled[field.name] = wrong


def note_faults(form: OpeningForm) -> None:
    """Beside each field everything that is wrong with it, so that the officer is told once."""
    for field in form.units:
        if field.name in form.unsettled:
            field.form.code.errors = [form.unsettled[field.name]]
    if not form.procedure.errors:
        try:
            checked(db.session, actor(), form.opening(), now())
        except Invalid as refusal:
            known = {name.partition("-")[0] for name in form.unsettled}
            if rest := {name: text for name, text in refusal.fields.items() if name not in known}:
                form.refuse(Invalid(rest))


def add_row(form: OpeningForm, name: str) -> None:
    """One more unit or citizen."""
    if name in ROWS and len(form[name]) < form[name].max_entries:
        form[name].append_entry()


def _preview(form: OpeningForm) -> dict[str, object]:
    """The ticket as it would be, and its rungs; or what is still missing."""
    opening, at = form.opening(), now()
    if not opening.procedure:
        return {"plan": None, "missing": []}
    try:
        facts = checked(db.session, actor(), opening, at, preview=True)
    except Invalid as refusal:
        return {"plan": None, "missing": list(refusal.fields.values())}
    plan = planned(db.session, actor(), facts, at)
    rungs = forecast(db.session, plan, at)
    units = _units([*facts.units, *(rung.unit for rung in rungs)])
    return {"plan": plan, "rungs": rungs, "units": units, "at": at, "missing": []}


def _units(codes: Collection[str]) -> dict[str, Unit]:
    """These units and all above them, so that each one's parent is at hand."""
    return {unit.code: unit for unit in db.session.scalars(with_all_above(codes))}
