"""`/api/v1/units`: found, resolved from a code, looked at; who answers there, and when they work."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _

from directory.calendars import calendar_of
from directory.lookup import find
from directory.models import Unit
from directory.presenting import describe, describe_codes, in_calling_order
from directory.registers import register_hint
from portal import clock
from portal.api import results, schemas, shapes
from portal.api.answers import units_json
from portal.api.calls import Given, Operation, bp, call
from portal.errors import Hidden
from portal.extensions import db
from portal.tickets.queries import partners_of
from portal.web.actor import Actor
from portal.web.permissions import Permission

READ = Permission.DIRECTORY_READ
FIRST_YEAR, LAST_YEAR = 2004, 2100
NO_UNIT = _("There is no such unit: look its code up with GET /units?q=.")


@bp.get("/units")
@call(Operation(READ, _("Look a unit up, by whatever one remembers of it."), results.UnitListResult,
                asks=schemas.FindQuery))  # fmt: skip
def units(actor: Actor, given: Given) -> shapes.Json:
    most = partners_of(db.session, actor.unit_code)
    hits = find(db.session, given["q"], given["limit"], actor.unit_code, partners=most)
    return {"items": [card.to_dict() for card in describe(db.session, hits, clock.now())], "next": None}


@bp.get("/units/resolve")
@call(Operation(READ, _("Who keeps the register of a division code, present or former, or of six digits."),
                results.RegisterResult, asks=schemas.CodeQuery))  # fmt: skip
def resolve(_actor: Actor, given: Given) -> shapes.Json:
    hint = register_hint(db.session, given["code"])
    if hint is None:
        raise Hidden(_("These six digits belong to no division of this province."))
    return shapes.register(hint, units_json([keeper.code for keeper in hint.keepers]))


@bp.get("/units/<code>")
@call(Operation(READ, _("One unit with its phones and address."), results.UnitCardResult))
def unit(_actor: Actor, _given: Given, code: str) -> shapes.Json:
    cards = describe_codes(db.session, [code], clock.now())
    if not cards:
        raise Hidden(NO_UNIT)
    return cards[0].to_dict()


@bp.get("/units/<code>/contacts")
@call(Operation(READ, _("Who answers at a unit, in the order of calling."), results.ContactListResult))
def contacts(_actor: Actor, _given: Given, code: str) -> shapes.Json:
    listed = in_calling_order(_unit(code).contacts)
    return {"items": [shapes.contact(each, clock.now()) for each in listed], "next": None}


@bp.get("/units/<code>/calendar/<int:year>")
@call(Operation(READ, _("The working time of a unit in a year, day by day."), results.CalendarResult))
def working_time(_actor: Actor, _given: Given, code: str, year: int) -> shapes.Json:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Hidden(_("There is no calendar of this year."))
    shape = units_json([_unit(code).code])[code]
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return shapes.calendar(shape, year, calendar_of(db.session, code), days)


def _unit(code: str) -> Unit:
    found = db.session.get(Unit, code) if "\x00" not in code else None
    if found is None:
        raise Hidden(NO_UNIT)
    return found
