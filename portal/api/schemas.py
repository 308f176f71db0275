"""What other systems send: shapes and types; sense is for the actions to judge. Unknown fields are refused."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import Schema, ValidationError, fields, pre_load
from marshmallow.validate import OneOf

from portal.tickets.checking import Opening
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import Outcome
from portal.tickets.moves import Answer, Return

MISSING = {"required": _("This field is needed."), "null": _("This field is needed.")}


def words(**options: Any) -> fields.String:
    return fields.String(load_default="", **options)


class CitizenSchema(Schema):
    name = words()
    id_number = words()


class PlaceSchema(Schema):
    place = fields.String(required=True, error_messages=MISSING)
    unit = fields.String(required=True, error_messages=MISSING)


class OpeningSchema(Schema):
    """`POST /tickets`; `citizen` is taken for a list of one."""

    procedure = fields.String(required=True, error_messages=MISSING)
    registry = fields.String(load_default="", allow_none=True)
    places = fields.List(fields.Nested(PlaceSchema), load_default=list)
    subject = words()
    message = words()
    citizens = fields.List(fields.Nested(CitizenSchema), load_default=list)
    urgency = words()
    drill = fields.Boolean(load_default=False)
    reference = words()
    accepted_on = fields.Date(load_default=None, allow_none=True)

    @pre_load
    def one_citizen(self, given: Mapping[str, Any], **_options: Any) -> Mapping[str, Any]:
        if "citizen" not in given:
            return given
        if "citizens" in given:
            raise ValidationError({"citizen": [_("Send citizen or citizens, not both.")]})
        others = {name: value for name, value in given.items() if name != "citizen"}
        return {**others, "citizens": [given["citizen"]]}


class AnswerSchema(Schema):
    outcome = fields.String(load_default=Outcome.DONE.value, validate=OneOf([outcome.value for outcome in Outcome]))
    text = words()
    grounds = fields.List(fields.String(), load_default=list)
    contact = words()
    explanation = words()


class ReturnSchema(Schema):
    ground = words()
    reason = words()
    contact = words()


class ResendSchema(Schema):
    text = words()


class MessageSchema(Schema):
    """`to` is the code of the one unit that may read it; without it all units of the ticket do."""

    text = words()
    to = words(allow_none=True)


class HandOnSchema(Schema):
    unit = words()
    reason = words()


class SuspendSchema(Schema):
    until = fields.Date(load_default=None, allow_none=True)
    reason = words()


class ExtendSchema(Schema):
    days = fields.Integer(load_default=None, allow_none=True, strict=True)
    reason = words()


class AssignSchema(Schema):
    to = words()


class PlaceToAddSchema(Schema):
    unit = words()
    step = words()
    reason = words()


class ReopenSchema(Schema):
    tasks = fields.List(fields.Integer(strict=True), load_default=None, allow_none=True)
    reason = words()


class ReasonSchema(Schema):
    reason = words()


def opening_of(given: Mapping[str, Any]) -> Opening:
    return Opening(
        procedure=given["procedure"],
        message=given["message"],
        registry=given["registry"] or "",
        places=[(place["place"], place["unit"]) for place in given["places"]],
        subject=given["subject"],
        citizens=[CitizenFacts(citizen["name"], citizen["id_number"]) for citizen in given["citizens"]],
        urgency=given["urgency"],
        drill=given["drill"],
        reference=given["reference"],
        accepted_on=given["accepted_on"],
    )


def answer_of(given: Mapping[str, Any]) -> Answer:
    return Answer(
        outcome=Outcome(given["outcome"]),
        text=given["text"],
        grounds=given["grounds"],
        contact=given["contact"],
        explanation=given["explanation"],
    )


def return_of(given: Mapping[str, Any]) -> Return:
    return Return(ground=given["ground"], reason=given["reason"], contact=given["contact"])
