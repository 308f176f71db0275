"""What goes with a message: files, encrypted, and never shown by the browser itself."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from directory.base import Model
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
