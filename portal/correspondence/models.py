"""What came in: a row for each message, so that none has its effect twice."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model
from directory.models import enum_column
from portal.mail.models import OutboxMail
from portal.tickets.models import Entry


class Effect(StrEnum):
    """What an incoming message did."""

    BOUNCED = "bounced"
    ENTERED = "entered"
    FILED = "filed"
    KEPT = "kept"


class IncomingMail(Model):
    """One message that came in; what a person wrote in it is on the ticket, or still in the mailbox, never here."""

    __tablename__ = "incoming_mail"
    __table_args__ = (Index("ix_incoming_mail_effect_reviewed_at", "effect", "reviewed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the message as it came")
    message_id: Mapped[str] = mapped_column(String(200), default="", comment="without angle brackets; empty: none")
    received_at: Mapped[datetime] = mapped_column(index=True)
    sender: Mapped[str] = mapped_column(String(254), default="", comment="the address in From; empty: none to be read")
    sort: Mapped[str] = mapped_column(String(24), comment="bounce, delayed, automatic, loop, person or unreadable")
    effect: Mapped[Effect] = mapped_column(enum_column(Effect))
    reason: Mapped[str] = mapped_column(String(60), default="", comment="why it had this effect and no other")
    detail: Mapped[str] = mapped_column(String(500), default="", comment="what was unreadable, or the server's words")
    size: Mapped[int] = mapped_column(comment="bytes")
    outbox_mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mail.id", ondelete="SET NULL"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="SET NULL"), index=True)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str] = mapped_column(String(120), default="")

    outbox_mail: Mapped[OutboxMail | None] = relationship()
    entry: Mapped[Entry | None] = relationship()
