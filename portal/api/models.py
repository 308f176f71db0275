"""What other systems asked before: the same key gets the same answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class IdempotentAnswer(Model):
    """The answer to a POST with an `Idempotency-Key`, written in the transaction of what it did."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (UniqueConstraint("token_id", "key"), Index("ix_idempotent_answer_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    fingerprint: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of method, path and body: never the body itself"
    )
    at: Mapped[datetime]
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[dict[str, Any]] = mapped_column(JSON, comment="the answer, which never holds a citizen's data")
