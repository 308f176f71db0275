"""Drafts: what an officer has typed and not sent yet; encrypted whole, and nobody else's to see."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model, ordered_string

KEY_LENGTH = 100


class Draft(Model):
    """One form half typed: `opening:…`, or of a ticket, `ticket:XB2016-000123-7:message`."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("officer_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(ordered_string(KEY_LENGTH), comment="which form it belongs to")
    content: Mapped[bytes] = mapped_column(LargeBinary, comment="JSON, encrypted for this officer and key")
    updated_at: Mapped[datetime] = mapped_column(index=True)
