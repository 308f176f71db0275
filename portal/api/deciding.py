"""`/api/v1/extensions`: more time that units one level below asked for, and deciding on it."""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields

from portal import clock
from portal.api import results, shapes
from portal.api.answers import after_id, units_json, zone
from portal.api.calls import Given, Operation, bp, call
from portal.api.results import count, many, next_page
from portal.api.schemas import LIMIT, told, words
from portal.api.task_moves import task_move
from portal.api.typed import CountInAddress, Flag, Taken, Words
from portal.errors import Invalid
from portal.escalation.board import to_decide
from portal.extensions import db
from portal.tickets.extending import Decision, decide_extension
from portal.tickets.extension import Extension
from portal.tickets.models import Task
from portal.web.actor import Actor
from portal.web.pagination import page_of
from portal.web.permissions import Permission

DECIDE = Permission.EXTENSION_DECIDE


class DecisionSchema(Taken):
    granted = Flag(load_default=None, allow_none=True, metadata=told(_("true: granted; false: refused."), True))
    reason = words(_("What the unit is told; a refusal needs it."), "同意。")


class ExtensionsQuery(Taken):
    limit = CountInAddress(load_default=20, validate=LIMIT, metadata=told(_("How many at most.")))
    after = Words(metadata=told(_("`next` of the page before.")))


class ExtensionResult(Schema):
    ticket = results.words(_("The ticket's number."))
    task = fields.Nested(results.TaskResult, required=True)
    days = count(_("Working days more."))
    reason = results.words(_("Why more time is needed."))
    asked_at = fields.DateTime(required=True)


class ExtensionListResult(Schema):
    items = many(fields.Nested(ExtensionResult))
    next = next_page()


@bp.get("/extensions")
@call(Operation(DECIDE, _("More time that your unit decides on and has not decided yet, asked for first first."),
                ExtensionListResult, asks=ExtensionsQuery))  # fmt: skip
def extensions(actor: Actor, given: Given) -> shapes.Json:
    asked = to_decide(actor).where(Extension.id > (after_id(given.get("after")) or 0)).limit(given["limit"] + 1)
    page = page_of(db.session.scalars(asked).all(), given["limit"], lambda one: (one.id,))
    units = units_json({one.task.unit_code for one in page.items})
    return {"items": [_shape(one, units) for one in page.items], "next": page.next}


@task_move("decide-extension", _("The unit one level up grants more time, or refuses it with a reason."),
           DecisionSchema, DECIDE)  # fmt: skip
def decide(actor: Actor, task: Task, given: Given) -> None:
    """Nobody decides by leaving it out."""
    if given["granted"] is None:
        raise Invalid({"granted": _("Send true or false.")})
    decide_extension(db.session, actor, task, Decision(**given), clock.now())


def _shape(one: Extension, units: shapes.Units) -> dict[str, Any]:
    return {
        "ticket": one.task.ticket.number,
        "task": shapes.task(one.task, units, zone()),
        "days": one.days,
        "reason": one.entry.text if one.entry else "",
        "asked_at": shapes.instant(one.asked_at, zone()),
    }
