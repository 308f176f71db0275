"""Web hooks as other systems send and get them."""

from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from portal.api.results import MAY_BE_NULL, choice, count, many, next_page, words
from portal.api.schemas import LIMIT, told
from portal.api.schemas import words as words_given
from portal.api.shapes import Json, instant
from portal.api.typed import CountInAddress, Instant, Items, Taken, Words, one_of
from portal.webhooks.events import CHOICES, EventType
from portal.webhooks.models import DeliveryState, Stop, Webhook, WebhookDelivery


class SubscriptionSchema(Taken):
    label = words_given(_("What your system is called."), "异地受理系统")
    url = words_given(_("Where events are posted: https://host/path."), "https://jh.example/events")
    events = Items(
        Words(validate=one_of(CHOICES)), load_default=list,
        metadata=told(_("Of what you are told; of everything, if it is empty."), ["ticket.opened", "task.answered"]),
    )  # fmt: skip


class ReplaySinceSchema(Taken):
    since = Instant(
        load_default=None, allow_none=True,
        metadata=told(
            _("From when on, with its offset; without it everything that is kept."), "2016-01-04T09:00:00+08:00"
        ),
    )  # fmt: skip


class WebhookEventsQuery(Taken):
    state = Words(validate=one_of(DeliveryState), metadata=told(_("Only events in this state.")))
    limit = CountInAddress(load_default=20, validate=LIMIT, metadata=told(_("How many at most.")))
    after = Words(metadata=told(_("`next` of the page before.")))


class WebhookResult(Schema):
    id = count()
    label = words()
    url = words()
    events = many(fields.String(validate=OneOf([str(each) for each in CHOICES])))
    created_at = fields.DateTime(required=True)
    failing_since = fields.DateTime(
        **MAY_BE_NULL, metadata={"description": _("Nothing was taken since; null: all is well.")}
    )
    stopped_at = fields.DateTime(**MAY_BE_NULL)
    stopped_because = fields.String(**MAY_BE_NULL, validate=OneOf([*map(str, Stop), None]))


class NewWebhookResult(WebhookResult):
    secret = fields.String(
        **MAY_BE_NULL, metadata={"description": _("Told this once: null where the same key is sent again.")}
    )


class WebhookListResult(Schema):
    items = many(fields.Nested(WebhookResult))
    next = next_page()


class WebhookEventResult(Schema):
    id = count()
    event_id = words(_("As in the header webhook-id."))
    type = choice(EventType)
    about = words(_("The ticket's number, or the unit's code: events of one are told in order."))
    happened_at = fields.DateTime(required=True)
    state = choice(DeliveryState)
    attempts = count()
    next_try_at = fields.DateTime(**MAY_BE_NULL)
    settled_at = fields.DateTime(**MAY_BE_NULL)
    words = words(_("What your system answered last, or what stood in the way."))


class WebhookEventListResult(Schema):
    items = many(fields.Nested(WebhookEventResult))
    next = next_page()


class ReplayResult(Schema):
    events = count(_("How many are told again."))


def webhook(one: Webhook, zone: ZoneInfo) -> Json:
    return {
        "id": one.id,
        "label": one.label,
        "url": one.url,
        "events": one.events,
        "created_at": instant(one.created_at, zone),
        "failing_since": instant(one.failing_since, zone),
        "stopped_at": instant(one.stopped_at, zone),
        "stopped_because": one.stopped_because,
    }


def event(one: WebhookDelivery, zone: ZoneInfo) -> Json:
    waits = one.state in {DeliveryState.QUEUED, DeliveryState.DEFERRED}
    return {
        "id": one.id,
        "event_id": one.event_id,
        "type": one.kind,
        "about": one.about,
        "happened_at": instant(one.made_at, zone),
        "state": one.state,
        "attempts": one.attempts,
        "next_try_at": instant(one.next_try_at, zone) if waits else None,
        "settled_at": instant(one.settled_at, zone),
        "words": one.words,
    }
