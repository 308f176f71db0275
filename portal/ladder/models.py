"""The ladder's values as provincial supervisors have set them, every version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class PolicyVersion(Model):
    """The values of one urgency from an instant on; the newest counts for what is opened, tickets keep theirs."""

    __tablename__ = "policy_version"
    __table_args__ = (Index("ix_policy_version_urgency_id", "urgency", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    urgency: Mapped[str] = mapped_column(String(10))
    policy: Mapped[dict[str, Any]] = mapped_column(JSON, comment="Policy.to_dict")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(String(200), default="")
