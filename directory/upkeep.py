"""Tables of how the directory is kept: what changed, who was asked to confirm, who is on duty or away."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model, index_where
from directory.models import Contact, Unit, enum_column


class Deed(StrEnum):
    """What was done to a unit or a contact."""

    ADDED = "added"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    RETIRED = "retired"
    DOUBTED = "doubted"
    SETTLED = "settled"
    CLOSED = "closed"
    REMOVED = "removed"


class Source(StrEnum):
    """By what way a change came."""

    PAGE = "page"
    IMPORT = "import"
    LINK = "link"
    MAIL = "mail"
    COMMAND = "command"


class Change(Model):
    """One thing that changed at a unit; append-only."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_unit_code_id", "unit_code", "id"),
        Index("ix_change_contact_id_id", "contact_id", "id"),
        index_where("untold", "ix_change_untold", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact.id", ondelete="SET NULL"), comment="null: the unit itself"
    )
    subject: Mapped[str] = mapped_column(String(100), default="", comment="the contact's name as it was then")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120), comment="who, as shown then")
    by_officer_id: Mapped[int | None] = mapped_column(comment="an account of the portal, of which we know no more")
    source: Mapped[Source] = mapped_column(enum_column(Source))
    deed: Mapped[Deed] = mapped_column(enum_column(Deed))
    field: Mapped[str] = mapped_column(String(40), default="", comment="what of it, for a change")
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(String(500), default="")
    untold: Mapped[bool] = mapped_column(
        default=True, server_default=false(), comment="whoever follows the directory has not been told yet"
    )

    unit: Mapped[Unit] = relationship()


class Confirmation(Model):
    """A unit was asked to confirm its table in a quarter, and perhaps did; the unique row asks once."""

    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("unit_code", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    quarter: Mapped[str] = mapped_column(String(6), comment="2016Q1")
    asked_at: Mapped[datetime | None] = mapped_column(comment="null: confirmed without being asked")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(120), default="")

    unit: Mapped[Unit] = relationship()


class EmailCode(Model):
    """A code under way to an address that a contact is to have; the address counts once the code came back."""

    __tablename__ = "email_code"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    code_hash: Mapped[str] = mapped_column(String(64), comment="six digits, salted with the row's own facts")
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, comment="wrong ones; five end it")

    contact: Mapped[Contact] = relationship()


class DutyShift(Model):
    """A contact is on duty for a unit."""

    __tablename__ = "duty_shift"
    __table_args__ = (
        UniqueConstraint("unit_code", "contact_id", "begins_at"),
        CheckConstraint("begins_at < ends_at", name="begins_before_it_ends"),
        Index("ix_duty_shift_unit_code_ends_at", "unit_code", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(120), default="")

    contact: Mapped[Contact] = relationship()


class Absence(Model):
    """A contact is away; the deputy, if one is named, stands in."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("begins_at < ends_at", name="begins_before_it_ends"),
        CheckConstraint("deputy_contact_id <> contact_id", name="not_ones_own_deputy"),
        Index("ix_absence_contact_id_ends_at", "contact_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    deputy_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    why: Mapped[str] = mapped_column(String(200), default="")

    contact: Mapped[Contact] = relationship(foreign_keys=[contact_id])
    deputy: Mapped[Contact | None] = relationship(foreign_keys=[deputy_contact_id])
