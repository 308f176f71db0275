"""Web hooks are made, changed, stopped and started, and events told again. Nothing here commits."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.accounts.actions import open_unit
from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.config import Settings
from portal.errors import Conflict, Invalid, Text
from portal.web.actor import Actor
from portal.web.citizen_number import holds_number
from portal.webhook_settings import WebhookSettings
from portal.webhooks.events import CHOICES, EventType
from portal.webhooks.models import DeliveryState, Stop, Webhook, WebhookDelivery
from portal.webhooks.networks import in_settings, is_allowed
from portal.webhooks.signature import new_secret
from portal.webhooks.spreading import Event, delivery

PURPOSE = "webhook.secret"
LABEL_LENGTH, URL_LENGTH = 100, 500
KEPT = timedelta(days=30)

PRIVATE = _("The portal does not send to private addresses, unless PORTAL_WEBHOOK_NETWORKS names them.")
NO_URL = _("Give the whole address, https://host/path, without a name or password in it.")
NOT_SECURE = _("Give an address with https: without it only addresses of PORTAL_WEBHOOK_NETWORKS are sent to.")


@dataclass(frozen=True)
class Subscription:
    """A web hook as typed; without `events` it is told of all."""

    label: str
    url: str
    events: Sequence[str] = ()


def subscribe(
    session: Session, actor: Actor, unit_code: str, given: Subscription, at: datetime, cipher: Cipher,
    settings: WebhookSettings,
) -> tuple[Webhook, str]:
    """A web hook of the unit, and its secret, which is shown this once."""
    checked = _checked(given, settings)
    secret = new_secret()
    webhook = Webhook(
        unit=open_unit(session, unit_code, at),
        label=checked.label,
        url=checked.url,
        events=list(checked.events),
        secret_cipher=cipher.encrypt(secret, PURPOSE),
        created_at=at,
        created_by=actor.name,
    )
    session.add(webhook)
    session.flush()
    audit(session, actor, "webhook.add", _object(webhook), at=at, unit=unit_code, host=_host(webhook.url))
    return webhook, secret


def change(
    session: Session, actor: Actor, webhook: Webhook, given: Subscription, at: datetime, settings: WebhookSettings
) -> None:
    """Another label, address or choice of events; what waits goes to the new address."""
    checked = _checked(given, settings)
    webhook.label, webhook.url, webhook.events = checked.label, checked.url, list(checked.events)
    webhook.held_until = None
    audit(session, actor, "webhook.change", _object(webhook), at=at, host=_host(webhook.url))


def renew_secret(session: Session, actor: Actor, webhook: Webhook, at: datetime, cipher: Cipher) -> str:
    """Another secret, with which everything is signed from now on."""
    secret = new_secret()
    webhook.secret_cipher = cipher.encrypt(secret, PURPOSE)
    audit(session, actor, "webhook.secret", _object(webhook), at=at)
    return secret


def stop(session: Session, actor: Actor, webhook: Webhook, at: datetime) -> None:
    """Nothing is sent, and what happens from now on is not kept for it."""
    if webhook.stopped_because is Stop.BY_HAND:
        raise Conflict(_("The web hook stands already."))
    webhook.stopped_at, webhook.stopped_because = at, Stop.BY_HAND
    audit(session, actor, "webhook.stop", _object(webhook), at=at)


def start(session: Session, actor: Actor, webhook: Webhook, at: datetime) -> None:
    """It is told again, first of what waited, in order and at once."""
    if webhook.stopped_at is None:
        raise Conflict(_("The web hook is not stopped."))
    webhook.stopped_at = webhook.stopped_because = webhook.failing_since = webhook.held_until = None
    waiting = WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == DeliveryState.DEFERRED
    anew = update(WebhookDelivery).where(*waiting).values(next_try_at=at, attempts=0, first_try_at=None)
    session.execute(anew, execution_options={"synchronize_session": False})
    audit(session, actor, "webhook.start", _object(webhook), at=at)


def remove(session: Session, actor: Actor, webhook: Webhook, at: datetime) -> None:
    """The web hook and all that was kept for it."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id))
    session.delete(webhook)
    audit(session, actor, "webhook.remove", _object(webhook), at=at, unit=webhook.unit_code)


def replay(session: Session, actor: Actor, one: WebhookDelivery, at: datetime) -> None:
    """Tell an event again, under the same id and before what comes after it; Conflict while it is on its way."""
    again = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.DEFERRED}
    mine = WebhookDelivery.id == one.id, WebhookDelivery.state.in_(again)
    due = update(WebhookDelivery).where(*mine).values(
        state=DeliveryState.QUEUED, next_try_at=at, attempts=0, first_try_at=None, settled_at=None
    )  # fmt: skip
    told = due.returning(WebhookDelivery.id).execution_options(synchronize_session=False)
    if session.scalar(told) is None:
        raise Conflict(_("This event is on its way already."))
    session.expire(one)
    one.webhook.held_until = None
    audit(session, actor, "webhook.replay", f"{_object(one.webhook)} event {one.event_id}", at=at)


def replay_since(session: Session, actor: Actor, webhook: Webhook, since: datetime, at: datetime) -> int:
    """Tell everything from an instant on again, in the order in which it happened; how many events."""
    again = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.DEFERRED)
    mine = WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state.in_(again)
    due = update(WebhookDelivery).where(*mine, WebhookDelivery.made_at >= since).values(
        state=DeliveryState.QUEUED, next_try_at=at, attempts=0, first_try_at=None, settled_at=None
    )  # fmt: skip
    told = due.returning(WebhookDelivery.id).execution_options(synchronize_session=False)
    count = len(session.scalars(told).all())
    webhook.held_until = None
    audit(session, actor, "webhook.replay-all", _object(webhook), at=at, events=count)
    return count


def send_test(session: Session, actor: Actor, webhook: Webhook, at: datetime, settings: Settings) -> WebhookDelivery:
    """An event that says that nothing happened, to see whether it arrives."""
    name = f"test_{secrets.token_hex(8)}"
    event = Event(name, EventType.TEST, at, name, {"unit": webhook.unit_code, "label": webhook.label})
    made = delivery(webhook, event, settings.timezone, at)
    session.add(made)
    webhook.held_until = None
    audit(session, actor, "webhook.test", _object(webhook), at=at)
    return made


def move_webhooks(session: Session, closed: str, successor: str) -> int:
    """The web hooks of a unit that was merged into another are that one's now; how many."""
    moved = update(Webhook).where(Webhook.unit_code == closed).values(unit_code=successor).returning(Webhook.id)
    return len(session.scalars(moved.execution_options(synchronize_session="fetch")).all())


def forget_deliveries(session: Session, at: datetime) -> None:
    """What was told a month ago; and what could not be told for so long."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.made_at <= at - KEPT))


def _checked(given: Subscription, settings: WebhookSettings) -> Subscription:
    faults: dict[str, Text] = {}
    label, url = given.label.strip(), given.url.strip()
    if not 0 < len(label) <= LABEL_LENGTH or holds_number(label):
        faults["label"] = _("Say which system this is, in at most %(most)d characters.", most=LABEL_LENGTH)
    if fault := _fault_of_url(url, settings):
        faults["url"] = fault
    if unknown := [event for event in given.events if event not in CHOICES]:
        faults["events"] = _("There is no event %(name)s.", name=unknown[0])
    if faults:
        raise Invalid(faults)
    return Subscription(label, url, sorted(set(given.events)))


def _fault_of_url(url: str, settings: WebhookSettings) -> Text | None:
    """What can be said without asking for the name's address: that is asked, and judged, at every sending."""
    parts = _parts(url)
    if parts is None:
        return NO_URL
    host = str(parts.hostname)
    is_number = _is_address(host)
    if is_number and not is_allowed(host, settings.networks):
        return PRIVATE
    if parts.scheme == "http" and (not settings.networks or (is_number and not in_settings(host, settings.networks))):
        return NOT_SECURE
    return None


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that can be posted to; None if it is none."""
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0 and parts.hostname.encode("idna")
    except ValueError:
        return None
    right = parts.scheme in {"https", "http"} and named and parts.username is None and not parts.fragment
    return parts if right else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _host(url: str) -> str:
    return str(urlsplit(url).hostname)


def _object(webhook: Webhook) -> str:
    return f"webhook {webhook.id}"


