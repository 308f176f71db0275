"""Who reads what of a ticket: whom an entry is for, who is named in it, and how far each officer has read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from directory.base import Model
from directory.models import Unit
from portal.accounts.models import Officer
from portal.tickets.models import Entry


class EntryReader(Model):
    """One of the two units between which an aside stands, or the successor of one."""

    __tablename__ = "entry_reader"
    __table_args__ = (Index("ix_entry_reader_unit_code_entry_id", "unit_code", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), primary_key=True)
    addressed: Mapped[bool] = mapped_column(default=False, comment="it was written to this one; the other wrote it")

    unit: Mapped[Unit] = relationship(lazy="joined")
    entry: Mapped[Entry] = relationship(
        backref=backref("readers", lazy="selectin", order_by="EntryReader.addressed", passive_deletes="all")
    )


class Mention(Model):
    """A unit, or one of its people, named in an entry by `@`: it concerns them first."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_unit_code_entry_id", "unit_code", "entry_id"),
        Index("ix_mention_officer_id_entry_id", "officer_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    officer_id: Mapped[int | None] = mapped_column(
        ForeignKey("officer.id", ondelete="SET NULL"), comment="null: the whole unit, or a contact without an account"
    )
    label: Mapped[str] = mapped_column(String(120), comment="as it stands in the text, without the @")

    entry: Mapped[Entry] = relationship(
        backref=backref("mentions", lazy="selectin", order_by="Mention.id", passive_deletes="all")
    )


class Reading(Model):
    """How far an officer has read a ticket, and whether its page is open there now."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_ticket_id_present_at", "ticket_id", "present_at"),)

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    last_entry_id: Mapped[int] = mapped_column(default=0, comment="the newest entry that was shown")
    present_at: Mapped[datetime | None] = mapped_column(comment="the page said so, about every 20 seconds")
    writing: Mapped[str] = mapped_column(String(30), default="", comment="in which form: message, answer-12 …")

    officer: Mapped[Officer] = relationship()


def addressee(entry: Entry) -> Unit | None:
    """The unit to which alone an entry was written."""
    readers: list[EntryReader] = entry.readers  # type: ignore[attr-defined]
    return next((reader.unit for reader in readers if reader.addressed), None)
