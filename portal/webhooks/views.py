"""Web hooks for administrators: which systems are told, what became of each event, and telling it again."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from directory.models import Unit
from portal.cipher import cipher
from portal.clock import now
from portal.config import Settings
from portal.errors import Invalid
from portal.extensions import db
from portal.web.access import actor, proved_lately, requires
from portal.web.actor import Actor
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission
from portal.webhooks import actions, queries
from portal.webhooks.forms import NewWebhookForm, PlainForm, ReplayForm, WebhookForm
from portal.webhooks.models import DeliveryState, Webhook
from portal.webhooks.wording import EVENT_NAMES

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

ROWS = 50
MISSING = _("There is no such web hook.")
NO_EVENT = _("There is no such event: what is older than a month is not kept.")
Answered = Response | str | tuple[str, int]
Deed = Callable[[Session, Actor, Webhook, datetime], object]


@bp.get("")
@requires(Permission.WEBHOOK_MANAGE)
def overview() -> str:
    webhooks = db.session.scalars(queries.listed(actor())).unique().all()
    waiting: dict[int, int] = dict(db.session.execute(queries.underway_counts([one.id for one in webhooks])).all())
    return render_template("webhooks/overview.html", webhooks=webhooks, waiting=waiting, names=EVENT_NAMES)


@bp.get("/new")
@requires(Permission.WEBHOOK_MANAGE)
def new() -> str:
    return render_template("webhooks/new.html", form=NewWebhookForm(formdata=None))


@bp.post("")
@requires(Permission.WEBHOOK_MANAGE)
@proved_lately
def create() -> Answered:
    """The web hook, and its secret, this once."""
    form = NewWebhookForm()
    made = _subscribed(form) if form.settled(db.session, actor().unit_code) else None
    if made is None:
        return render_template("webhooks/new.html", form=form), 422
    db.session.commit()
    return render_template("webhooks/secret.html", webhook=made[0], secret=made[1]), 201


@bp.get("/<int:webhook_id>")
@requires(Permission.WEBHOOK_MANAGE)
def show(webhook_id: int) -> str:
    webhook = _webhook(webhook_id)
    return _page(webhook, _filled(webhook))


@bp.post("/<int:webhook_id>/changes")
@requires(Permission.WEBHOOK_MANAGE)
@proved_lately
def change(webhook_id: int) -> Answered:
    webhook, form = _webhook(webhook_id, lock=True), WebhookForm(ids="change")
    try:
        if form.validate():
            actions.change(db.session, actor(), webhook, _given(form), now(), _settings().webhooks)
            return _done(webhook, _("The web hook is changed."))
    except Invalid as refusal:
        form.refuse(refusal)
    return _page(webhook, form), 422


@bp.post("/<int:webhook_id>/secrets")
@requires(Permission.WEBHOOK_MANAGE)
@proved_lately
def renew(webhook_id: int) -> Answered:
    webhook = _webhook(webhook_id, lock=True)
    secret = actions.renew_secret(db.session, actor(), webhook, now(), cipher())
    db.session.commit()
    return render_template("webhooks/secret.html", webhook=webhook, secret=secret), 201


@bp.post("/<int:webhook_id>/stops")
@requires(Permission.WEBHOOK_MANAGE)
def stop(webhook_id: int) -> Response:
    webhook = _webhook(webhook_id, lock=True)
    actions.stop(db.session, actor(), webhook, now())
    return _done(webhook, _("The web hook stands: nothing is sent."))


@bp.post("/<int:webhook_id>/starts")
@requires(Permission.WEBHOOK_MANAGE)
def start(webhook_id: int) -> Response:
    webhook = _webhook(webhook_id, lock=True)
    actions.start(db.session, actor(), webhook, now())
    return _done(webhook, _("The web hook is started: what waits is sent in the next round."))


@bp.post("/<int:webhook_id>/tests")
@requires(Permission.WEBHOOK_MANAGE)
def test(webhook_id: int) -> Response:
    webhook = _webhook(webhook_id, lock=True)
    actions.send_test(db.session, actor(), webhook, now(), _settings())
    return _done(webhook, _("A test is sent in the next round: reload this page in a few seconds."))


@bp.post("/<int:webhook_id>/removals")
@requires(Permission.WEBHOOK_MANAGE)
@proved_lately
def remove(webhook_id: int) -> Response:
    actions.remove(db.session, actor(), _webhook(webhook_id, lock=True), now())
    db.session.commit()
    flash(_("The web hook is removed."), "success")
    return redirect(url_for("webhooks.overview"))


@bp.post("/<int:webhook_id>/replays")
@requires(Permission.WEBHOOK_MANAGE)
def replay_since(webhook_id: int) -> Answered:
    webhook, form = _webhook(webhook_id, lock=True), ReplayForm(ids="replay")
    if not form.validate():
        return _page(webhook, _filled(webhook), form), 422
    since = form.since.data.replace(tzinfo=_settings().timezone)
    count = actions.replay_since(db.session, actor(), webhook, since, now())
    return _done(webhook, ngettext("%(num)d event is told again.", "%(num)d events are told again.", count))


@bp.post("/<int:webhook_id>/deliveries/<int:delivery_id>/replays")
@requires(Permission.WEBHOOK_MANAGE)
def replay(webhook_id: int, delivery_id: int) -> Response:
    webhook = _webhook(webhook_id, lock=True)
    one = queries.load_delivery(db.session, webhook, delivery_id, NO_EVENT)
    actions.replay(db.session, actor(), one, now())
    return _done(webhook, _("The event is told again in the next round."))


def _webhook(webhook_id: int, *, lock: bool = False) -> Webhook:
    return queries.load_webhook(db.session, actor(), webhook_id, MISSING, lock=lock)


def _given(form: WebhookForm) -> actions.Subscription:
    return actions.Subscription(form.label.data or "", form.url.data or "", form.events.data or ())


def _subscribed(form: NewWebhookForm) -> tuple[Webhook, str] | None:
    """If it is refused, the form says why."""
    unit: Unit | None = form.unit.form.chosen
    if unit is None or not queries.is_below(db.session, actor(), unit.code):
        form.refuse(Invalid({"unit": _("Choose your own unit, or one below it.")}))
        return None
    try:
        return actions.subscribe(db.session, actor(), unit.code, _given(form), now(), cipher(), _settings().webhooks)
    except Invalid as refusal:
        form.refuse(refusal)
    return None


def _filled(webhook: Webhook) -> WebhookForm:
    return WebhookForm(formdata=None, ids="change", label=webhook.label, url=webhook.url, events=webhook.events)


def _page(webhook: Webhook, form: WebhookForm, replaying: ReplayForm | None = None) -> str:
    state = next((state for state in DeliveryState if state.value == request.args.get("state")), None)
    key = decode(request.args.get("after"))
    after = key[0] if key and isinstance(key[0], int) else None
    found = db.session.scalars(queries.deliveries(webhook, state, after, ROWS + 1)).all()
    return render_template("webhooks/webhook.html", webhook=webhook, form=form, plain=PlainForm(formdata=None),
                           replaying=replaying or ReplayForm(formdata=None, ids="replay"), names=EVENT_NAMES,
                           page=page_of(found, ROWS, lambda one: (one.id,)), states=list(DeliveryState),
                           state=state.value if state else "")  # fmt: skip


def _done(webhook: Webhook, told: str) -> Response:
    db.session.commit()
    flash(told, "success")
    return redirect(url_for("webhooks.show", webhook_id=webhook.id))


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
