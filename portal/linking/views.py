"""Which tickets belong to one: shown on its page, kept on a page of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from directory.models import Unit
from portal.clock import now
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.linking import queries
from portal.linking.actions import may_link, merge, pair, part, relate
from portal.linking.forms import MergeForm, RelateForm
from portal.linking.queries import DUPLICATE, RELATED, SURVIVOR
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import load_ticket
from portal.tickets.rare import There, may_have, rarely
from portal.tickets.shape import A_TICKET, KEPT, Shape, bound, shape_of
from portal.web.access import actor, requires
from portal.web.forms import PortalForm
from portal.web.permissions import Permission

bp = Blueprint("linking", __name__)
LINKS = "links"
rarely(LINKS, lambda reader: queries.belonging_to(reader, A_TICKET.id))
Answered = Response | tuple[str, int]


@dataclass(frozen=True)
class Linked:
    """The tickets that belong to one, as far as the reader may see them."""

    survivor: Ticket | None
    duplicates: Sequence[Ticket]
    histories: Mapping[int, Sequence[Entry]]
    "of each duplicate, by its id, what the reader may read of its history"
    units: Mapping[str, Unit]
    "those that the histories name"
    related: Sequence[Ticket]
    may_link: bool


def linked_to(ticket: Ticket, there: There = None) -> Linked:
    """For the ticket's page, which has looked what is `there`."""
    asked = _belonging_to(shape_of(actor())), bound(actor(), ticket_id=ticket.id)
    found = db.session.execute(*asked).all() if may_have(LINKS, there) else []
    of = {how: [other for other, as_what in found if as_what == how] for how in (SURVIVOR, DUPLICATE, RELATED)}
    merged = [other.id for other in of[DUPLICATE]]
    entries = db.session.scalars(queries.histories(actor(), merged)).all() if merged else []
    named = {entry.detail["unit"] for entry in entries if entry.detail.get("unit")}
    return Linked(
        survivor=next(iter(of[SURVIVOR]), None),
        duplicates=of[DUPLICATE],
        histories={other.id: [each for each in entries if each.ticket_id == other.id] for other in of[DUPLICATE]},
        units=_units(named),
        related=of[RELATED],
        may_link=may_link(actor(), ticket),
    )


@lru_cache(KEPT)
def _belonging_to(shape: Shape) -> Select[*tuple[Ticket, str]]:
    return queries.belonging_to(shape.actor(), A_TICKET.id)


def _units(codes: Collection[str]) -> dict[str, Unit]:
    found = db.session.scalars(select(Unit).where(Unit.code.in_(codes))) if codes else ()
    return {unit.code: unit for unit in found}


@bp.record_once
def _for_templates(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]  # Flask's BlueprintSetupState, which it does not export
    app.jinja_env.globals.update(linked_to=linked_to)


@bp.get("/tickets/<number>/links")
@requires(Permission.TICKET_MOVE)
def show(number: str) -> str:
    return _page(load_ticket(db.session, actor(), number), RelateForm(formdata=None), MergeForm(formdata=None))


@bp.post("/tickets/<number>/relations")
@requires(Permission.TICKET_MOVE)
def add(number: str) -> Answered:
    form = RelateForm(ids="relate")

    def act() -> None:
        ticket, other = pair(db.session, actor(), number, form.other.data or "")
        relate(db.session, actor(), ticket, other, now())

    return _carried_out(number, form, MergeForm(formdata=None), act, _("The two tickets are related."))


@bp.post("/tickets/<number>/relations/<other>/removals")
@requires(Permission.TICKET_MOVE)
def remove(number: str, other: str) -> Answered:
    ticket, found = pair(db.session, actor(), number, other)
    part(db.session, actor(), ticket, found, now())
    db.session.commit()
    flash(_("The two tickets are not related any more."), "success")
    return redirect(url_for("linking.show", number=number))


@bp.post("/tickets/<number>/mergers")
@requires(Permission.TICKET_MOVE)
def give_up(number: str) -> Answered:
    form = MergeForm(ids="merge")

    def act() -> None:
        ticket, survivor = pair(db.session, actor(), number, form.other.data or "")
        merge(db.session, actor(), ticket, survivor, form.reason.data or "", now())

    said = _("Merged. Nobody owes anything on this ticket any more; the other one goes on.")
    return _carried_out(number, RelateForm(formdata=None), form, act, said)


def _carried_out(
    number: str, relating: RelateForm, merging: MergeForm, act: Callable[[], None], said: str
) -> Answered:
    """Act, commit, back to the ticket; or the page with the form as it was typed."""
    form: PortalForm = merging if merging.form_id == "merge" else relating
    try:
        act()
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        form.refuse(refusal if isinstance(refusal, Invalid) else Invalid({"other": refusal.message}))
        return _page(load_ticket(db.session, actor(), number), relating, merging), refusal.status
    db.session.commit()
    flash(said, "success")
    return redirect(url_for("tickets.show", number=number))


def _page(ticket: Ticket, relating: RelateForm, merging: MergeForm) -> str:
    links = linked_to(ticket)
    known = {ticket.id, *(each.id for each in (*links.related, *links.duplicates))}
    same = db.session.scalars(queries.of_the_same_citizens(actor(), ticket.id))
    return render_template(
        "linking/links.html",
        ticket=ticket,
        links=links,
        same=[each for each in same if each.id not in known],
        relating=relating,
        merging=merging,
        mergeable=ticket.state is TicketState.OPEN,
    )
