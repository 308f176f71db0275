"""The outbox: a mail is a row, written in the transaction of its cause and sent afterwards."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model, index_where
from directory.models import enum_column


def new_token() -> str:
    """Not to be guessed, and short enough for the part of an address before the @."""
    return secrets.token_hex(10)


class MailState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REDIRECTED = "redirected"
    SUPPRESSED = "suppressed"


DUE_STATES = (MailState.QUEUED, MailState.DEFERRED, MailState.UNKNOWN, MailState.SENDING)
"States in which a mail is to be tried (again) when `next_try_at` has come; `sending` once its lease is over."

IS_DUE = "state IN ('queued', 'deferred', 'unknown', 'sending')"
"The same in SQL, word for word as the partial index has it, so that it is used."


class OutboxMail(Model):
    """One mail to one recipient."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        index_where(IS_DUE, "ix_outbox_mail_due", "next_try_at"),
        Index("ix_outbox_mail_ticket_number", "ticket_number"),
        Index("ix_outbox_mail_to_address_sent_at", "to_address", "sent_at"),
        Index("ix_outbox_mail_sent_at", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True, comment="RFC 5322, without angle brackets")
    kind: Mapped[str] = mapped_column(String(40), comment="the template's name: urge, escalation, arrival …")
    token: Mapped[str] = mapped_column(
        String(32), unique=True, default=new_token, comment="in return path and reply address: which mail it was"
    )
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(5), default="zh")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    unit_code: Mapped[str | None] = mapped_column(String(12), comment="as whose contact the recipient is mailed")
    ticket_number: Mapped[str | None] = mapped_column(String(20))
    copy: Mapped[bool] = mapped_column(default=False, comment="for information; somebody else is asked to act")
    subject: Mapped[str] = mapped_column(String(400))
    body_text: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="threading and list headers")
    letter: Mapped[dict[str, Any]] = mapped_column(
        JSON,
        default=dict,
        deferred=True,
        comment="what it was written from, so that it can be written anew to somebody else",
    )
    origin_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbox_mail.id", ondelete="SET NULL"), index=True, comment="the mail in whose stead this one goes"
    )
    state: Mapped[MailState] = mapped_column(enum_column(MailState), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    first_try_at: Mapped[datetime | None] = mapped_column(comment="when patience with it began")
    next_try_at: Mapped[datetime] = mapped_column(comment="while sending: the end of the lease")
    lease: Mapped[str | None] = mapped_column(String(32), comment="who is sending it now")
    sent_at: Mapped[datetime | None]
    server_reply: Mapped[str] = mapped_column(String(500), default="", comment="the mail server's last words")
    bounced_at: Mapped[datetime | None] = mapped_column(comment="when it came back after it had been sent")
