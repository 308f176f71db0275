"""Lists that an officer has kept under a name."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model
from directory.edition import covered


@covered
class SavedView(Model):
    """A work list narrowed to something, kept under a name; shared, the whole unit has it."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("officer_id", "name"),
        Index("ix_saved_view_unit_code_shared", "unit_code", "shared"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    name: Mapped[str] = mapped_column(String(30))
    shared: Mapped[bool] = mapped_column(default=False)
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, comment="what the list is narrowed to: Sieve.written")
    made_at: Mapped[datetime]
