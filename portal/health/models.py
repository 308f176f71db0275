"""Signs of life."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class Heartbeat(Model):
    """A worker's loop is alive: when it last went round, and how long that took."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True, comment="host and process")
    loop: Mapped[str] = mapped_column(String(20), primary_key=True, comment="ladder, mail")
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime] = mapped_column(index=True)
    seconds: Mapped[float] = mapped_column(comment="the last round took so long")
