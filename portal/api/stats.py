"""`/api/v1/stats`: what the token's unit, with all below it, accepted, answered and let stand."""

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields
from sqlalchemy.orm import joinedload

from directory.models import Unit
from portal import clock
from portal.api import shapes
from portal.api.answers import units_json, zone
from portal.api.calls import Given, Operation, bp, call
from portal.api.results import MAY_BE_NULL, UnitResult, count, many, words
from portal.api.schemas import told
from portal.api.typed import Day, Taken
from portal.errors import Invalid
from portal.extensions import db
from portal.statistics.figures import COUNTED, Figures
from portal.statistics.gathering import gather
from portal.statistics.periods import LONGEST, Choice, Period, before
from portal.web.actor import Actor
from portal.web.permissions import Permission

USUAL = timedelta(days=29)
WRONG_PERIOD = _("Give a first day that is not after the last, at most three years in all.")
MINUTES: dict[str, Any] = {**MAY_BE_NULL, "metadata": {"description": _("Working minutes.")}}


class StatsQuery(Taken):
    since = Day(metadata=told(_("The first day; thirty days before the last, if it is left out."), "2016-01-01"))
    until = Day(metadata=told(_("The last day; today, if it is left out."), "2016-01-31"))


class FiguresResult(Schema):
    accepted = count(_("Tickets opened."))
    received = count(_("Tasks that came to the unit."))
    answered = count()
    on_time = count()
    refused = count()
    returned = count()
    urged = count()
    rung1 = count()
    rung2 = count()
    rung3 = count()
    median = fields.Integer(**MINUTES)
    ninetieth = fields.Integer(**MINUTES)


class ProcedureFiguresResult(FiguresResult):
    procedure = words()


class DayPeriodResult(Schema):
    since = fields.Date(required=True)
    until = fields.Date(required=True)


class StatsResult(Schema):
    unit = fields.Nested(UnitResult, required=True)
    period = fields.Nested(DayPeriodResult, required=True)
    counted_at = fields.DateTime(**MAY_BE_NULL, metadata={"description": _("When the worker last counted.")})
    figures = fields.Nested(FiguresResult, required=True)
    before = fields.Nested(FiguresResult, required=True, metadata={"description": _("As many days directly before.")})
    procedures = many(fields.Nested(ProcedureFiguresResult))
    rare = fields.Nested(
        FiguresResult, required=True, metadata={"description": _("Kinds of case with fewer than three.")}
    )
    waiting = count(_("Tasks that wait now."))
    overdue = count()


@bp.get("/stats")
@call(Operation(Permission.SUPERVISION_READ, _("The figures of your unit and all below it in a period."), StatsResult,
                asks=StatsQuery))  # fmt: skip
def stats(actor: Actor, given: Given) -> shapes.Json:
    unit = db.session.get_one(Unit, actor.unit_code, options=[joinedload(Unit.locality)])
    period = _period(given)
    report = gather(db.session, unit, period, before(Choice.OWN, period), clock.now())
    return {
        "unit": units_json([unit.code])[unit.code],
        "period": {"since": period.since.isoformat(), "until": period.until.isoformat()},
        "counted_at": shapes.instant(report.counted_at, zone()),
        "figures": _figures(report.now),
        "before": _figures(report.then),
        "procedures": [{"procedure": code, **_figures(each)} for code, each in report.procedures],
        "rare": _figures(report.rare),
        "waiting": report.waiting,
        "overdue": report.overdue,
    }


def _period(given: Given) -> Period:
    until = given.get("until") or clock.now().astimezone(zone()).date()
    if until.year < 2000 or until.year > 2100:
        raise Invalid({"until": WRONG_PERIOD})
    period = Period(given.get("since") or until - USUAL, until)
    if not 0 < period.days <= LONGEST:
        raise Invalid({"since": WRONG_PERIOD})
    return period


def _figures(one: Figures) -> shapes.Json:
    return {name: getattr(one, name) for name in COUNTED} | {"median": one.median, "ninetieth": one.ninetieth}
