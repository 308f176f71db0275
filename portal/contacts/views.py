"""The directory: one box that answers as one types, and a page for each unit."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from directory.calendars import calendar_of
from directory.first_six import first_six
from directory.freshness import assess
from directory.lookup import GUESSED, find
from directory.models import Unit
from directory.presenting import describe, in_calling_order, service_of
from directory.queries import chain
from directory.registers import register_hint
from directory.roster import answering
from portal.clock import now
from portal.contacts import checks, corrections, editing, hours, in_service, mergers, queries, roster
from portal.contacts.cards import hit_rows
from portal.contacts.forms import OrderForm
from portal.contacts.partners import partners_lately
from portal.contacts.scope import may_edit, unit_to_read
from portal.extensions import db
from portal.web.access import actor, paced, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("contacts", __name__, url_prefix="/directory")
bp.add_app_template_global(hit_rows)
for part in (editing, hours, corrections, roster, mergers, in_service, checks):
    bp.register_blueprint(part.bp)
MOST_HITS, MOST_OPTIONS, LONGEST_WORDS, HISTORY_PAGE = 30, 8, 100, 50
EXAMPLES = (
    (_("Name of the unit"), "昌邑"),
    (_("Pinyin"), "changyi"),
    (_("Initials"), "cy"),
    (_("Several words"), "临江 派出所"),
    (_("First six digits of an ID number"), "220681"),
    (_("Phone"), "0432-8000"),
)


@bp.get("")
@requires(Permission.DIRECTORY_READ)
@paced()
def directory() -> str | Response:
    """The page; an ID number in its address is cut out of it, for it would be kept in histories and logs."""
    if first_six(_typed()) != _typed():
        return redirect(url_for("contacts.directory", q=first_six(_typed()), cut=1))
    return render_template("contacts/directory.html", **_found(MOST_HITS))


@bp.get("/hits")
@requires(Permission.DIRECTORY_READ)
@paced("contacts/hits_wait.html")
def hits() -> str:
    """The answers alone, for the page that asks as one types."""
    return render_template("contacts/hits.html", **_found(MOST_HITS))


@bp.get("/options")
@requires(Permission.DIRECTORY_READ)
@paced("contacts/options_wait.html")
def options() -> str:
    """The first answers as options of a look-up box."""
    return render_template("contacts/options.html", **_found(MOST_OPTIONS))


@bp.get("/units/<code>")
@requires(Permission.DIRECTORY_READ)
def unit(code: str) -> str | Response:
    """A unit's page; of one that was closed into another, the other's."""
    found = unit_to_read(db.session, code)
    if found.closed_on and found.successor:
        flash(str(_("%(unit)s is closed; this is its successor.", unit=found.name)), "warning")
        return redirect(url_for("contacts.unit", code=found.successor_code))
    return render_template("contacts/unit.html", **_shown(found, now()))


@bp.get("/units/<code>/history")
@requires(Permission.DIRECTORY_READ)
def history(code: str) -> str:
    """Everything that changed at a unit, newest first; of a closed one too."""
    found = unit_to_read(db.session, code)
    after = decode(request.args.get("after"))
    lines = db.session.scalars(queries.history_page(code, after, HISTORY_PAGE)).all()
    page = page_of(lines, HISTORY_PAGE, key=lambda line: (line.id,))
    return render_template("contacts/history.html", unit=found, page=page, first=after is None)


def _found(most: int) -> dict[str, object]:
    """What the words in the address find; without words, what one may browse."""
    words, own, at = first_six(_typed()), actor().unit_code, now()
    if not words:
        return {"words": "", "cards": [], "book": _book(), "examples": EXAMPLES, "own_unit": own}
    session = db.session
    found = find(session, words, most, own, partners=partners_lately(session, own, at))
    cards = describe(session, found, at)
    return {
        "words": words,
        "cards": cards,
        "most": most,
        "own_unit": own,
        "guessed": all(hit.score >= GUESSED for hit in found),
        "hint": register_hint(session, words),
        "cut": "cut" in request.args or words != _typed(),
        "opens": {card.code: calendar_of(session, card.code).next_opening(at) for card in cards if not card.open_now},
    }


def _typed() -> str:
    return request.args.get("q", "").strip()[:LONGEST_WORDS]


def _book() -> list[tuple[Unit, list[Unit]]]:
    """Each prefecture's head with the halls below it."""
    units = db.session.scalars(queries.book()).all()
    below: dict[str | None, list[Unit]] = {}
    for each in units:
        below.setdefault(each.parent_code, []).append(each)
    return [(head, below.get(head.code, [])) for head in units if head.parent_code and head.code in below]


def _shown(found: Unit, at: datetime) -> dict[str, Any]:
    calendar = calendar_of(db.session, found.code)
    return {
        "unit": found,
        "command": db.session.scalars(chain(found.code)).all(),
        "below": db.session.scalars(queries.below(found.code)).all(),
        "people": in_calling_order(found.contacts),
        "fresh": {contact.id: assess(contact, at) for contact in found.contacts},
        "answering": answering(db.session, found, at),
        "editable": may_edit(db.session, actor(), found.code) and not found.closed_on,
        "form": OrderForm(formdata=None),
        "own_unit": actor().unit_code,
        "service": service_of(found, at.astimezone(calendar.tz).date()),
        "open_now": calendar.is_open(at),
        "today": calendar.openings(at.astimezone(calendar.tz).date()),
        "next_opening": calendar.next_opening(at),
    }
