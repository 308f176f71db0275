"""The page of a new ticket: its units found, its preview of who owes what by when, and who is mailed if not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template

from directory.calendars import calendar_of
from directory.models import Unit
from directory.queries import units_above
from portal.cipher import cipher
from portal.clock import now
from portal.drafts.actions import Kept, drafts_of
from portal.errors import Invalid
from portal.extensions import db
from portal.ladder.ladder import ClockKind
from portal.procedures.catalogue import FORMER_REGISTRY, Procedure
from portal.tickets.axis import Axis
from portal.tickets.checking import checked
from portal.tickets.forecast import forecast
from portal.tickets.models import Ticket
from portal.tickets.opening_forms import OpeningForm
from portal.tickets.planning import planned
from portal.tickets.queries import partners_of
from portal.tickets.schedule import schedule
from portal.web.access import actor
from portal.web.unit_choice import asks_anew, settle

ROWS = frozenset({"places", "citizens"})
KIND = "opening"
"Of the drafts: `opening:` and the key of the form."


@dataclass(frozen=True)
class DraftLine:
    """One draft in the list: what tells it from the others."""

    name: str
    procedure: Procedure | None
    unit: str
    subject: str
    updated_at: datetime


def render_opening(form: OpeningForm, already: Sequence[Ticket] = ()) -> str:
    """The page; with the tickets that are `already` open on the same person, it asks before one more is opened."""
    own = _units([actor().unit_code or ""]).get(actor().unit_code or "")
    if form.chosen and form.chosen.urgency == "urgent":
        form.urgency.data = "urgent"
    return render_template(
        "tickets/new.html", form=form, procedures=form.procedures, former=FORMER_REGISTRY, own=own, already=already,
        drafts=_drafts(form), **_preview(form),
    )  # fmt: skip


def render_preview(form: OpeningForm) -> str:
    """The preview alone, for a page that has the rest."""
    return render_template("tickets/preview.html", **_preview(form))


def draft_key(name: str) -> str:
    """The key under which what is typed into a form is kept; each form has a name of its own."""
    return f"{KIND}:{name}"


def settle_units(form: OpeningForm) -> None:
    """Finds the units that were typed as words, and notes where the officer still has to choose."""
    own = actor().unit_code
    sought = any(asks_anew(field.form) for field in form.units)
    most = partners_of(db.session, own) if sought else ()
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


def _drafts(form: OpeningForm) -> list[DraftLine]:
    """The officer's other drafts, the latest first."""
    found = drafts_of(db.session, actor(), KIND, cipher())
    lines = [_draft_line(form, kept) for kept in found]
    return [line for line in lines if line.name != form.submission_key.data]


def _draft_line(form: OpeningForm, kept: Kept) -> DraftLine:
    typed = dict(reversed([(field, text) for field, text in kept.content["fields"]]))
    return DraftLine(
        name=kept.key.partition(":")[2],
        procedure=form.procedures.get(typed.get("procedure", "")),
        unit=typed.get("registry-words", ""),
        subject=typed.get("subject", "") or typed.get("message", "")[:40],
        updated_at=kept.updated_at,
    )


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
    spans = schedule(db.session, plan, at)
    whole = next((clock for clock in plan.clocks if clock.kind is ClockKind.OVERALL), None)
    last = max(span.due_at for span in spans.values())
    axis = Axis.over(
        at, [last, *(rung.at for rung in rungs if rung.task)], calendar_of(db.session, actor().unit_code or "").tz
    )
    return {
        "plan": plan, "rungs": rungs, "units": units, "at": at, "missing": [], "spans": spans, "axis": axis,
        "whole": whole, "last": last, "late": whole is not None and last > whole.due_at,
    }  # fmt: skip


def _units(codes: Collection[str]) -> dict[str, Unit]:
    """These units and all above them, so that each one's parent is at hand."""
    return units_above(db.session, codes)
