"""What goes with a message: files, encrypted; what it said before it was edited; texts that a unit writes often."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from directory.base import Model
from directory.edition import covered
from directory.models import Unit
from portal.conversation.kinds import GROUPS
from portal.tickets.models import Entry


class Attachment(Model):
    """A file of one entry, of a kind that is allowed by its content."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_entry_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), comment="without a path, with the ending of its kind")
    media_type: Mapped[str] = mapped_column(String(100), comment="as its content says, whatever its name says")
    size: Mapped[int] = mapped_column(comment="bytes")
    sha256: Mapped[str] = mapped_column(String(64))
    content_cipher: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]

    entry: Mapped[Entry] = relationship(
        backref=backref("attachments", lazy="selectin", order_by="Attachment.id", passive_deletes="all")
    )

    @property
    def group(self) -> str:
        """What it is to its reader: picture, document, sheet, slides, text."""
        return GROUPS.get(self.media_type, "document")


class FormerText(Model):
    """What an entry said before its writer edited it."""

    __tablename__ = "former_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text, comment="purged with the entry's text")
    until: Mapped[datetime] = mapped_column(comment="when it was replaced")

    entry: Mapped[Entry] = relationship(
        backref=backref("former_texts", lazy="selectin", order_by="FormerText.id", passive_deletes="all")
    )


@covered
class TextTemplate(Model):
    """A text that a unit writes often, with fields in braces; used by the unit and by those below it."""

    __tablename__ = "text_template"
    __table_args__ = (UniqueConstraint("unit_code", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)

    unit: Mapped[Unit] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own attribute
