"""The secret link by which an officer's own calendar program reads."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model
from portal.accounts.models import Officer


class CalendarFeed(Model):
    """The one link of an officer; shown once, kept as a hash."""

    __tablename__ = "calendar_feed"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]

    officer: Mapped[Officer] = relationship()
