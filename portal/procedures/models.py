"""The kinds of case as provincial supervisors have set them: every version kept, none ever changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model
from directory.edition import covered
from portal.procedures.catalogue import Procedure, procedure_from


@covered
class ProcedureVersion(Model):
    """A kind of case from an instant on; the newest counts for what is opened, tickets keep the one they had."""

    __tablename__ = "procedure_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(comment="1 is the one that ships, or with which it was added")
    content: Mapped[dict[str, Any]] = mapped_column(JSON, comment="Procedure.content: steps, limits, materials …")
    retired: Mapped[bool] = mapped_column(default=False, comment="no new ticket is opened by it")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(String(200), default="")

    @property
    def procedure(self) -> Procedure:
        return procedure_from(self.code, self.content, version=self.version, retired=self.retired)
