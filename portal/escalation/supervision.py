"""Supervision (督办台): what stands still at my unit and below, unit by unit; from each line to its ticket."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import exists, select

from directory.calendars import load_calendars
from directory.models import Unit, UnitAncestor
from directory.queries import chain, children
from portal.clock import now
from portal.errors import Hidden
from portal.escalation.board import (
    AGES,
    RUNGS,
    BoardFilter,
    counts_below,
    how_many_to_decide,
    standing_still,
    to_decide,
)
from portal.extensions import db
from portal.procedures.queries import load_procedures, procedure_of
from portal.tickets.models import Clock
from portal.web.access import actor, requires
from portal.web.pagination import Key, decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("supervision", __name__, url_prefix="/supervision")
ROWS = 40


@dataclass(frozen=True)
class Branch:
    """A unit with what stands still there and below."""

    unit: Unit
    late: int = 0
    near: int = 0
    climbed: int = 0


@bp.get("")
@requires(Permission.SUPERVISION_READ)
def board() -> str:
    wanted, at = _filter(), now()
    statement = standing_still(actor(), wanted, at, _after(), ROWS)
    page = page_of(db.session.scalars(statement).unique().all(), ROWS, _key)
    load_calendars(db.session, {clock.unit_code for clock in page.items})
    load_procedures(db.session, {clock.ticket.opened_with for clock in page.items})
    here, below = _branches(wanted.unit, at)
    return render_template(
        "supervision/board.html",
        page=page,
        wanted=wanted,
        branch=here,
        below=below,
        path=[unit for unit in reversed(db.session.scalars(chain(wanted.unit)).all()) if _mine(unit.code)],
        procedure_of=lambda ticket: procedure_of(db.session, *ticket.opened_with),
        asked=db.session.scalars(to_decide(actor())).unique().all(),
        asked_count=db.session.scalar(how_many_to_decide(actor())) or 0,
        own=actor().unit_code,
        rungs=RUNGS,
        ages=AGES,
        at=at,
    )


def _filter() -> BoardFilter:
    """What the address asks for; nonsense in it asks for everything; a unit not below one's own is not there."""
    unit = request.args.get("unit") or actor().unit_code or ""
    if "\x00" in unit or not _mine(unit):
        raise Hidden(_("There is no such unit below yours."))
    return BoardFilter(unit, _one_of("rung", RUNGS), _one_of("days", AGES))


def _one_of(name: str, known: tuple[int, ...]) -> int:
    asked = request.args.get(name, 0, int)
    return asked if asked in known else 0


def _mine(code: str) -> bool:
    below = exists().where(UnitAncestor.unit_code == code, UnitAncestor.ancestor_code == actor().unit_code)
    return bool(db.session.scalar(select(below)))


def _branches(code: str, at: datetime) -> tuple[Branch, list[Branch]]:
    """The unit, and those directly below it of which something is late or near; the worst first."""
    units = {unit.code: unit for unit in db.session.scalars(children(code))} | {code: db.session.get_one(Unit, code)}
    counted = {row[0]: Branch(units[row[0]], *row[1:]) for row in
               db.session.execute(counts_below(actor(), list(units), at))}  # fmt: skip
    below = [branch for each, branch in counted.items() if each != code]
    return counted.get(code, Branch(units[code])), sorted(below, key=lambda one: (-one.late, -one.near, one.unit.code))


def _after() -> Key | None:
    key = decode(request.args.get("after"))
    try:
        return (datetime.fromisoformat(str(key[0])), int(key[1])) if key else None
    except (IndexError, TypeError, ValueError):
        return None


def _key(clock: Clock) -> Key:
    return clock.due_at.isoformat(), clock.id
