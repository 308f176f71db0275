"""`/api/v1/bulk/…`: many tickets in one request, each by itself; and where cards are on their way."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.api import shapes
from portal.api.answers import ticket_json
from portal.api.calls import Given, Operation, bp, call, faults_of
from portal.api.keys import Asked, Reply, check_key, fingerprint, once
from portal.api.results import MAY_BE_NULL, ProblemResult, count, many
from portal.api.schemas import OpeningSchema, opening_of, told
from portal.api.typed import Instant, Items, Part, Taken, Words, one_of
from portal.cipher import cipher
from portal.errors import Invalid, Refused
from portal.extensions import db
from portal.tickets.card import Stage, note_card
from portal.tickets.opening import open_ticket
from portal.web.actor import Actor
from portal.web.permissions import Permission
from portal.web.problems import told_as

MOST = 1_000
FAILED = _("The portal failed over this one: send it again with the same key.")

log = logging.getLogger(__name__)


class KeyedOpeningSchema(OpeningSchema):
    key = Words(
        required=True,
        metadata=told(
            _("Any text of your own: sent again with the same ticket, it opens no second one."), "SL-2016-0042"
        ),
    )  # fmt: skip


class EachByItself(Part):
    """One of many: what is wrong with it is its own result, and the others go on."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **kwargs: Any
    ) -> Any:
        try:
            return value, super()._deserialize(value, attr, data, partial, **kwargs)
        except ValidationError as error:
            return value, error


class BulkSchema(Taken):
    tickets = Items(
        EachByItself(KeyedOpeningSchema), required=True,
        validate=Length(1, MOST, error=_("Send 1 to %(most)s tickets.", most=MOST)),
        metadata=told(_("As for POST /tickets, each with a key."),
                      [{"key": "SL-2016-0042", "procedure": "enquiry", "registry": "220681000000",
                        "message": "请核对底档。"}]),
    )  # fmt: skip


class BulkItemResult(Schema):
    key = fields.String(**MAY_BE_NULL)
    status = count(_("As if it had been sent by itself: 201, 409, 422 …"))
    number = fields.String(**MAY_BE_NULL, metadata={"description": _("The ticket's number.")})
    problem = fields.Nested(ProblemResult, **MAY_BE_NULL)


class BulkAnswerResult(Schema):
    opened = count(_("How many tickets there are now, those opened before under their keys among them."))
    refused = count()
    items = many(fields.Nested(BulkItemResult))


class CardEventSchema(Taken):
    reference = Words(required=True, metadata=told(_("The number of the acceptance system."), "SL-2016-0042"))
    stage = Words(required=True, validate=one_of(Stage), metadata=told(_("made, sent or received."), "made"))
    happened_at = Instant(
        load_default=None, allow_none=True, metadata=told(_("When, with its offset; now, if left out."))
    )


class CardEventAnswerResult(Schema):
    tickets = many(fields.String())
    entered = count(_("On how many of them it was not entered before."))


@bp.post("/bulk/tickets")
@call(
    Operation(
        Permission.TICKET_OPEN,
        _("Open up to 1,000 tickets, each by itself: what is wrong with one stops no other."),
        BulkAnswerResult,
        BulkSchema,
        many=True,
    )
)
def open_many(actor: Actor, given: Given) -> shapes.Json:
    items = [_opened(actor, sent, judged) for sent, judged in given["tickets"]]
    opened = sum(item["status"] == 201 for item in items)
    return {"opened": opened, "refused": len(items) - opened, "items": items}


@bp.post("/card-events")
@call(
    Operation(
        Permission.TICKET_MESSAGE,
        _("Where a card is on its way, by reference: a line on its tickets, which moves no task."),
        CardEventAnswerResult,
        CardEventSchema,
    )
)
def card_event(actor: Actor, given: Given) -> shapes.Json:
    tickets, entered = note_card(db.session, actor, given["reference"], Stage(given["stage"]), given["happened_at"],
                                 clock.now())  # fmt: skip
    return {"tickets": [ticket.number for ticket in tickets], "entered": entered}


def _opened(actor: Actor, sent: Any, judged: Any) -> shapes.Json:
    """One ticket, in a transaction of its own; whatever goes wrong is its result."""
    key = sent.get("key") if isinstance(sent, Mapping) and isinstance(sent.get("key"), str) else None
    try:
        if isinstance(judged, ValidationError):
            raise Invalid(faults_of(judged))
        reply = _once(actor, sent, judged)
        return {"key": key, "status": reply.status, "number": reply.body["number"], "problem": None}
    except Refused as refusal:
        fields_ = refusal.fields if isinstance(refusal, Invalid) else None
        problem = told_as(refusal.status, refusal.message, fields_)
    except SQLAlchemyError:
        log.exception("one of many tickets could not be opened")
        problem = told_as(500, FAILED)
    finally:
        db.session.rollback()
        db.session.expunge_all()
    return {"key": key, "status": problem["status"], "number": None, "problem": problem}


def _once(actor: Actor, sent: Any, given: Given) -> Reply:
    check_key(given["key"])
    content = json.dumps(sent, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    asked = Asked(given["key"], fingerprint(b"POST", b"/api/v1/bulk/tickets", content))

    def work() -> Reply:
        ticket = open_ticket(db.session, actor, opening_of(given), clock.now(), cipher())
        return Reply(ticket_json(actor, ticket), 201, url_for("api.show", number=ticket.number))

    return once(db.session, actor, work, clock.now(), asked)
