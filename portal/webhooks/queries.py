"""What can be asked of web hooks and of their deliveries."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, exists, false, func, or_, select, text
from sqlalchemy.orm import Session, aliased, joinedload

from directory.models import Unit, UnitAncestor
from directory.queries import subtree_codes
from directory.upkeep import Change
from portal.accounts.models import Officer, RoleGrant
from portal.errors import Hidden, Text
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.queries import visible_to
from portal.web.actor import Actor
from portal.web.permissions import Permission, Role
from portal.webhooks.models import IS_UNDERWAY, DeliveryState, Stop, Webhook, WebhookDelivery

LARGEST_ID = 2**31 - 1
"Of what an address may ask for, as far as a database can be asked."


def kept_by(actor: Actor) -> Select[Webhook]:
    """The web hooks that an actor looks after: a token those of its unit, an administrator those below as well."""
    if actor.unit_code is None or not actor.may(Permission.WEBHOOK_MANAGE):
        return select(Webhook).where(false())
    if actor.token_id is not None:
        return select(Webhook).where(Webhook.unit_code == actor.unit_code)
    return select(Webhook).where(Webhook.unit_code.in_(subtree_codes(actor.unit_code)))


def load_webhook(session: Session, actor: Actor, webhook_id: int, missing: Text, *, lock: bool = False) -> Webhook:
    """One of them; Hidden if it is not there or not the actor's."""
    found = kept_by(actor).where(Webhook.id == min(webhook_id, LARGEST_ID))
    webhook = session.scalar(found.with_for_update(of=Webhook) if lock else found.options(_WITH_UNIT))
    if webhook is None:
        raise Hidden(missing)
    return webhook


def load_delivery(session: Session, webhook: Webhook, delivery_id: int, missing: Text) -> WebhookDelivery:
    """One event that it was told; Hidden if it is not there."""
    one = session.get(WebhookDelivery, min(delivery_id, LARGEST_ID))
    if one is None or one.webhook_id != webhook.id:
        raise Hidden(missing)
    return one


def is_below(session: Session, actor: Actor, unit_code: str) -> bool:
    """Whether it is the actor's own unit, or one below it."""
    own = UnitAncestor.ancestor_code == actor.unit_code, UnitAncestor.unit_code == unit_code
    return session.scalar(select(UnitAncestor.unit_code).where(*own)) is not None


def listed(actor: Actor) -> Select[Webhook]:
    return kept_by(actor).options(_WITH_UNIT).order_by(Webhook.unit_code, Webhook.id)


def deliveries(webhook: Webhook, state: DeliveryState | None, after: int | None, limit: int) -> Select[WebhookDelivery]:
    """A page of what a web hook was told, the newest first."""
    found = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    if state is not None:
        found = found.where(WebhookDelivery.state == state)
    if after is not None:
        found = found.where(WebhookDelivery.id < after)
    return found.order_by(WebhookDelivery.id.desc()).limit(limit)


def underway_counts(ids: Collection[int]) -> Select[int, int]:
    """How many events each of these web hooks is still to be told."""
    counted = select(WebhookDelivery.webhook_id, func.count()).where(WebhookDelivery.webhook_id.in_(ids))
    return counted.where(text(IS_UNDERWAY)).group_by(WebhookDelivery.webhook_id)


def told_now() -> Select[Webhook]:
    """The web hooks for which events are kept: also of those that fail, until somebody has seen to them."""
    standing = or_(Webhook.stopped_at.is_(None), Webhook.stopped_because == Stop.FAILING)
    return select(Webhook).where(standing).order_by(Webhook.id)


def untold_entries(limit: int) -> Select[Entry, str, str, str, bool, int | None, str | None, str | None]:
    """Entries of which no system was told yet, held; with the ticket's and the task's facts.

    Another worker waits for its turn instead of passing over them: so a later entry of a ticket is never told first.
    """
    found = select(Entry, Ticket.number, Ticket.reference, Ticket.opener_code, Ticket.drill, Task.id, Task.step,
                   Task.unit_code)  # fmt: skip
    whole = found.join(Ticket, Ticket.id == Entry.ticket_id).outerjoin(Task, Task.id == Entry.task_id)
    return whole.where(text("entry.untold")).order_by(Entry.id).limit(limit).with_for_update(of=Entry, key_share=True)


def untold_changes(limit: int) -> Select[Change]:
    """The same of the directory's history."""
    found = select(Change).where(text("change.untold")).order_by(Change.id).limit(limit)
    return found.with_for_update(of=Change, key_share=True)


def administrators(unit_code: str, today: date) -> Select[Officer]:
    """Who administers systems at the unit or above it and can be mailed, the nearest first."""
    counts = RoleGrant.last_day.is_(None) | (RoleGrant.last_day >= today)
    administers = Officer.grants.any(counts & (RoleGrant.role == Role.SYSTEM_ADMINISTRATOR))
    above = select(Officer).join(UnitAncestor, UnitAncestor.ancestor_code == Officer.unit_code)
    mailed = above.where(UnitAncestor.unit_code == unit_code, Officer.active, Officer.email.is_not(None), administers)
    return mailed.options(joinedload(Officer.unit)).order_by(UnitAncestor.distance, Officer.id)


def tickets_for(unit_code: str, ids: Collection[int]) -> Select[int]:
    """Which of these tickets a system of the unit may see, as with a token of the unit."""
    system = Actor(unit_code, "webhook", frozenset({Role.OFFICER}))
    return visible_to(system).with_only_columns(Ticket.id).where(Ticket.id.in_(ids))


def due_webhooks(at: datetime) -> Select[int]:
    """The web hooks to which something is to be sent at an instant."""
    return select(WebhookDelivery.webhook_id).join(Webhook).where(*_is_due(at)).distinct()


def due(webhook_id: int, at: datetime, limit: int) -> Select[int]:
    """Its deliveries to be tried, of each ticket the first alone, passing over what another worker takes now."""
    found = select(WebhookDelivery.id).join(Webhook).where(WebhookDelivery.webhook_id == webhook_id, *_is_due(at))
    first = found.order_by(WebhookDelivery.next_try_at, WebhookDelivery.id).limit(limit)
    return first.with_for_update(of=WebhookDelivery, skip_locked=True)


def _is_due(at: datetime) -> tuple[Any, ...]:
    before = aliased(WebhookDelivery, name="before")
    earlier = exists().where(
        before.webhook_id == WebhookDelivery.webhook_id,
        before.about == WebhookDelivery.about,
        before.id < WebhookDelivery.id,
        text(f"before.{IS_UNDERWAY}"),
    )
    return (
        text(f"webhook_delivery.{IS_UNDERWAY}"),
        WebhookDelivery.next_try_at <= at,
        Webhook.stopped_at.is_(None),
        or_(Webhook.held_until.is_(None), Webhook.held_until <= at),
        ~earlier,
    )


_WITH_UNIT = joinedload(Webhook.unit).joinedload(Unit.parent)
