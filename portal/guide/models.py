"""The guide as provincial supervisors have written it, every version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class GuideVersion(Model):
    """What a section of the guide says from an instant on; the newest is what the public reads."""

    __tablename__ = "guide_version"
    __table_args__ = (Index("ix_guide_version_section_id", "section", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(String(20))
    statements: Mapped[list[dict[str, Any]]] = mapped_column(JSON, comment="Statement.to_dict, in their order")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(String(200))
