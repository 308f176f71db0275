"""What arrived as a sheet: the file as it was, what it would do line by line, what it did, and how to undo it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model
from directory.models import CODE, enum_column


class ImportState(StrEnum):
    RECEIVED = "received"
    PLANNED = "planned"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDONE = "undone"


class ImportRecord(Model):
    """One file that was given in."""

    __tablename__ = "import_record"
    __table_args__ = (Index("ix_import_record_state", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), comment="of the file, without its path")
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    given_by: Mapped[str] = mapped_column(String(120))
    officer_id: Mapped[int | None] = mapped_column(comment="not a foreign key: the record outlives the account")
    given_at: Mapped[datetime]
    allowed_code: Mapped[str | None] = mapped_column(CODE, comment="the subtree that the giver may change; null: all")
    under_code: Mapped[str | None] = mapped_column(CODE, comment="the subtree that the sheet is of, if that was said")
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.RECEIVED)
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, comment="question's key to candidate's value")
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, comment="outcome to lines")
    plan_sha256: Mapped[str] = mapped_column(String(64), default="", comment="of the lines that were looked at")
    unread: Mapped[list[str]] = mapped_column(JSON, default=list, comment="sheets without a line that names columns")
    skip_refused: Mapped[bool] = mapped_column(default=False, comment="apply what is plain, leave out what is refused")
    fault: Mapped[str] = mapped_column(Text, default="", comment="why it could not be applied")
    applied_by: Mapped[str] = mapped_column(String(120), default="")
    applied_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(120), default="")
    undone_at: Mapped[datetime | None]
    journal: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="zlib of JSON: every row that was touched, before and after"
    )


class ImportLine(Model):
    """What becomes of one record of the file."""

    __tablename__ = "import_line"
    __table_args__ = (Index("ix_import_line_import_id_outcome_position", "import_id", "outcome", "position"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("import_record.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="in the file, from 1")
    outcome: Mapped[str] = mapped_column(String(10))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, comment="the line as JSON: sheets.plan.Line")


class ImportProgress(Model):
    """How far the worker is with one: written apart from what it does, and gone when that is done."""

    __tablename__ = "import_progress"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("import_record.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    share: Mapped[int] = mapped_column(comment="per cent")
    at: Mapped[datetime] = mapped_column(comment="when the worker said so; long ago: it is at it no more")
