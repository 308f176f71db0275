"""Web hooks: where another system of a unit is told what happens, and each event that it is told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model, index_where
from directory.models import Unit, enum_column


class Stop(StrEnum):
    """Why a web hook stands."""

    BY_HAND = "by_hand"
    FAILING = "failing"
    GONE = "gone"


class DeliveryState(StrEnum):
    """Where an event is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    FAILED = "failed"


UNDERWAY = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
IS_UNDERWAY = "state IN ('queued', 'sending', 'deferred')"


class Webhook(Model):
    """What a system of a unit subscribes to; it is told of no ticket that its unit may not see."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON, comment="EventType; none: all of them")
    secret_cipher: Mapped[bytes] = mapped_column(LargeBinary, comment="with which events are signed")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    failing_since: Mapped[datetime | None] = mapped_column(comment="since when nothing was taken")
    held_until: Mapped[datetime | None] = mapped_column(comment="not reached: nothing is tried before")
    stopped_at: Mapped[datetime | None]
    stopped_because: Mapped[Stop | None] = mapped_column(enum_column(Stop))

    unit: Mapped[Unit] = relationship()


class WebhookDelivery(Model):
    """One event for one web hook; of one ticket, or one unit of the directory, one after the other."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
        index_where(IS_UNDERWAY, "ix_webhook_delivery_underway", "webhook_id", "about", "id"),
        Index("ix_webhook_delivery_made_at", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(60), comment="the header webhook-id; the same at every attempt")
    kind: Mapped[str] = mapped_column(String(40), comment="EventType")
    about: Mapped[str] = mapped_column(String(40), comment="a ticket's number or a unit's code: in whose order it is")
    body: Mapped[str] = mapped_column(Text, comment="as it is signed and sent; never a citizen's data")
    made_at: Mapped[datetime]
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState), default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    first_try_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime] = mapped_column(comment="while it is sent: when the lease ends")
    lease: Mapped[str | None] = mapped_column(String(32), comment="who is sending it now")
    settled_at: Mapped[datetime | None] = mapped_column(comment="when it was taken, or given up")
    words: Mapped[str] = mapped_column(String(500), default="", comment="what the receiver said last")

    webhook: Mapped[Webhook] = relationship()
