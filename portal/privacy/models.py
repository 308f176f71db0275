"""Exchanges of the data key: begun, and done when nothing is left under another."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class KeyRotation(Model):
    """One exchange; the worker goes on with it until it is done."""

    __tablename__ = "key_rotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    to_key: Mapped[int] = mapped_column(comment="id of the key under which everything is to be")
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
