"""`/api/v1/webhooks`: where a unit's system is told what happens, what became of each event, and telling it again."""

from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _

from portal import clock
from portal.api import event_shapes, shapes
from portal.api.answers import after_id, zone
from portal.api.calls import Given, Operation, bp, call
from portal.api.keys import Reply
from portal.api.typed import Nothing
from portal.cipher import cipher
from portal.extensions import db
from portal.web.actor import Actor
from portal.web.pagination import page_of
from portal.web.permissions import Permission
from portal.webhooks import actions, queries
from portal.webhooks.actions import Subscription
from portal.webhooks.models import DeliveryState, Webhook

MANAGE = Permission.WEBHOOK_MANAGE
NO_WEBHOOK = _("There is no such web hook of your unit: see GET /webhooks.")
NO_EVENT = _("There is no such event: what is older than a month is not kept.")


def _post(says: Any, takes: Any = Nothing, answers: Any = event_shapes.WebhookResult, status: int = 200) -> Operation:
    return Operation(MANAGE, says, answers, takes, status=status)


@bp.get("/webhooks")
@call(Operation(MANAGE, _("The web hooks of your unit."), event_shapes.WebhookListResult))
def webhooks(actor: Actor, _given: Given) -> shapes.Json:
    found = db.session.scalars(queries.listed(actor)).unique().all()
    return {"items": [event_shapes.webhook(each, zone()) for each in found], "next": None}


@bp.post("/webhooks")
@call(_post(_("Be told what happens on the tickets that your unit may see, at an address of yours."),
            event_shapes.SubscriptionSchema, event_shapes.NewWebhookResult, 201))  # fmt: skip
def subscribe(actor: Actor, given: Given) -> Reply:
    """The secret is told once: the answer that is kept for the same key has it no more."""
    settings = current_app.extensions["settings"].webhooks
    made, secret = actions.subscribe(db.session, actor, str(actor.unit_code), Subscription(**given), clock.now(),
                                     cipher(), settings)  # fmt: skip
    told = event_shapes.webhook(made, zone())
    where = url_for("api.webhook", webhook_id=made.id)
    return Reply(told | {"secret": secret}, 201, where, kept=told | {"secret": None})


@bp.get("/webhooks/<int:webhook_id>")
@call(Operation(MANAGE, _("One web hook, and whether it runs."), event_shapes.WebhookResult))
def webhook(actor: Actor, _given: Given, webhook_id: int) -> shapes.Json:
    return event_shapes.webhook(_webhook(actor, webhook_id), zone())


@bp.post("/webhooks/<int:webhook_id>/change")
@call(_post(_("Another name, address or choice of events: all three are sent."), event_shapes.SubscriptionSchema))
def change_webhook(actor: Actor, given: Given, webhook_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    settings = current_app.extensions["settings"].webhooks
    actions.change(db.session, actor, found, Subscription(**given), clock.now(), settings)
    return event_shapes.webhook(found, zone())


@bp.post("/webhooks/<int:webhook_id>/stop")
@call(_post(_("Nothing is sent, and what happens meanwhile is not kept.")))
def stop_webhook(actor: Actor, _given: Given, webhook_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    actions.stop(db.session, actor, found, clock.now())
    return event_shapes.webhook(found, zone())


@bp.post("/webhooks/<int:webhook_id>/start")
@call(_post(_("Events are sent again, what waited first.")))
def start_webhook(actor: Actor, _given: Given, webhook_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    actions.start(db.session, actor, found, clock.now())
    return event_shapes.webhook(found, zone())


@bp.post("/webhooks/<int:webhook_id>/test")
@call(_post(_("An event of the type `test`, to see whether it arrives."), answers=event_shapes.WebhookEventResult,
            status=201))  # fmt: skip
def send_test(actor: Actor, _given: Given, webhook_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    made = actions.send_test(db.session, actor, found, clock.now(), current_app.extensions["settings"])
    db.session.flush()
    return event_shapes.event(made, zone())


@bp.get("/webhooks/<int:webhook_id>/events")
@call(Operation(MANAGE, _("What a web hook was told in the last thirty days, the newest first, page by page."),
                event_shapes.WebhookEventListResult, asks=event_shapes.WebhookEventsQuery))  # fmt: skip
def webhook_events(actor: Actor, given: Given, webhook_id: int) -> shapes.Json:
    state = DeliveryState(given["state"]) if "state" in given else None
    after = after_id(given.get("after"))
    found = queries.deliveries(_webhook(actor, webhook_id), state, after, given["limit"] + 1)
    page = page_of(db.session.scalars(found).all(), given["limit"], lambda one: (one.id,))
    return {"items": [event_shapes.event(each, zone()) for each in page.items], "next": page.next}


@bp.post("/webhooks/<int:webhook_id>/events/<int:event_id>/replay")
@call(_post(_("Tell one event again, under the same id."), answers=event_shapes.WebhookEventResult))
def replay_event(actor: Actor, _given: Given, webhook_id: int, event_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    one = queries.load_delivery(db.session, found, event_id, NO_EVENT)
    actions.replay(db.session, actor, one, clock.now())
    return event_shapes.event(one, zone())


@bp.post("/webhooks/<int:webhook_id>/replay")
@call(_post(_("Tell everything since an instant again, in order, under the same ids."), event_shapes.ReplaySinceSchema,
            event_shapes.ReplayResult))  # fmt: skip
def replay_events(actor: Actor, given: Given, webhook_id: int) -> shapes.Json:
    found = _webhook(actor, webhook_id, lock=True)
    since = given["since"] or clock.now() - actions.KEPT
    return {"events": actions.replay_since(db.session, actor, found, since, clock.now())}


def _webhook(actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    return queries.load_webhook(db.session, actor, webhook_id, NO_WEBHOOK, lock=lock)
