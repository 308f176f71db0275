"""Exchanges of the data key, done when nothing is left under another; and the marks by which keys are known again."""

from datetime import datetime

from sqlalchemy import Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class KeyRotation(Model):
    """One exchange; the worker goes on with it until it is done."""

    __tablename__ = "key_rotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    to_key: Mapped[int] = mapped_column(comment="id of the key under which everything is to be")
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class KeyMark(Model):
    """A key with which this database is used: whoever has another under the same id does not start."""

    __tablename__ = "key_mark"

    key_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="of a data key; 0: secret key")
    mark: Mapped[str] = mapped_column(String(16), comment="of a keyed hash of a known text: no key follows from it")
    noted_at: Mapped[datetime]


def unfinished() -> Select[KeyRotation]:
    return select(KeyRotation).where(KeyRotation.done_at.is_(None)).order_by(KeyRotation.id.desc()).limit(1)
