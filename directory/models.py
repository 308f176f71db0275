"""Who there is: localities, units in their chain of command, and the people one can reach there."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model, index_where, ordered_string
from directory.freshness import ContactState as ContactState  # noqa: PLC0414  the column's values are the rule's

CODE = ordered_string(12)


def enum_column(kind: type[StrEnum]) -> Enum:
    """A StrEnum stored by its value, a plain string in both databases."""
    return Enum(
        kind,
        native_enum=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


class LocalityLevel(StrEnum):
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"


class UnitKind(StrEnum):
    CORPS = "corps"
    DETACHMENT = "detachment"
    HALL = "hall"
    STATION = "station"


class ContactRole(StrEnum):
    DESK = "desk"
    REGISTRAR = "registrar"
    SUPERVISOR = "supervisor"
    LEADER = "leader"


class Locality(Model):
    """An administrative division, GB/T 2260 code."""

    __tablename__ = "locality"

    code: Mapped[str] = mapped_column(CODE, primary_key=True, comment="GB/T 2260: 2, 4, 6 or 9 digits")
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[LocalityLevel] = mapped_column(enum_column(LocalityLevel))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("locality.code", onupdate="CASCADE"), index=True)

    parent: Mapped["Locality | None"] = relationship(remote_side=[code])


class Unit(Model):
    """An organ in the chain of command; its code is its only key, its name is not unique."""

    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("parent_code <> code", name="not_its_own_parent"),)

    code: Mapped[str] = mapped_column(CODE, primary_key=True, comment="12-character organ code, may hold letters")
    name: Mapped[str] = mapped_column(String(100), index=True)
    former_names: Mapped[str] = mapped_column(String(400), default="", comment="separated by 、")
    kind: Mapped[UnitKind] = mapped_column(enum_column(UnitKind))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), index=True)
    locality_code: Mapped[str] = mapped_column(ForeignKey("locality.code", onupdate="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    public_phone: Mapped[str] = mapped_column(String(40), default="")
    in_service_from: Mapped[date | None] = mapped_column(comment="null: not yet in service")
    closed_on: Mapped[date | None]
    successor_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"))
    remark: Mapped[str] = mapped_column(
        Text, default="", server_default=text("''"), comment="what a cell held and could not be read"
    )
    mail_on_arrival: Mapped[bool] = mapped_column(default=True, comment="the desk is mailed when a task arrives")
    hours: Mapped[str] = mapped_column(
        String(400), default="", server_default=text("''"), comment="of a week (hours.show_week); none: the province's"
    )
    invented: Mapped[bool] = mapped_column(default=False, comment="part of the demonstration province")

    parent: Mapped["Unit | None"] = relationship(remote_side=[code], foreign_keys=[parent_code])
    successor: Mapped["Unit | None"] = relationship(remote_side=[code], foreign_keys=[successor_code])
    locality: Mapped[Locality] = relationship()
    contacts: Mapped[list["Contact"]] = relationship(
        back_populates="unit", order_by="(Contact.role, Contact.rank, Contact.id)", cascade="all, delete-orphan"
    )


class UnitAncestor(Model):
    """The chain of command, closed transitively: every unit with itself (distance 0) and each unit above it."""

    __tablename__ = "unit_ancestor"

    unit_code: Mapped[str] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    ancestor_code: Mapped[str] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True, index=True
    )
    distance: Mapped[int]


class CorrectionKind(StrEnum):
    BOUNCED = "bounced"
    DISOWNED = "disowned"
    REPORTED = "reported"


class Contact(Model):
    """A post or a person at a unit."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_unit_code_role_rank", "unit_code", "role", "rank"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    role: Mapped[ContactRole] = mapped_column(enum_column(ContactRole))
    rank: Mapped[int] = mapped_column(default=1, comment="order of calling within the role, 1 first")
    name: Mapped[str] = mapped_column(String(60))
    post: Mapped[str] = mapped_column(String(60), default="", comment="title as printed: 所长, 教导员")
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    language: Mapped[str] = mapped_column(String(5), default="zh")
    remark: Mapped[str] = mapped_column(Text, default="", comment="what a cell held and could not be read")
    state: Mapped[ContactState] = mapped_column(enum_column(ContactState), default=ContactState.UNCONFIRMED)
    verified_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    disowned_at: Mapped[datetime | None] = mapped_column(comment="when No longer me was said there; null: settled")

    unit: Mapped[Unit] = relationship(back_populates="contacts")
    phones: Mapped[list["Phone"]] = relationship(
        back_populates="contact", order_by="Phone.position", cascade="all, delete-orphan"
    )


class Phone(Model):
    """One number of a contact, as dialled from within the province."""

    __tablename__ = "phone"
    __table_args__ = (UniqueConstraint("contact_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=1)
    number: Mapped[str] = mapped_column(String(24), comment="as shown: 0431-80001234")
    digits: Mapped[str] = mapped_column(ordered_string(24), index=True, comment="digits alone, area code included")
    extension: Mapped[str] = mapped_column(String(8), default="")
    remark: Mapped[str] = mapped_column(String(60), default="")

    contact: Mapped[Contact] = relationship(back_populates="phones")


class LookupTerm(Model):
    """One term under which a unit is found; written whenever the unit or a contact of it changes.

    A look-up is a range of terms (the primary key); a further word is looked for within a unit (the index).
    """

    __tablename__ = "lookup_term"
    __table_args__ = (
        Index("ix_lookup_term_unit_code_term", "unit_code", "term", "weight"),
        {"sqlite_with_rowid": False},
    )

    term: Mapped[str] = mapped_column(ordered_string(64), primary_key=True)
    weight: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False, comment="how good a find it is and of what: names.weigh"
    )
    unit_code: Mapped[str] = mapped_column(
        ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )


OPEN_CORRECTION = "settled_at IS NULL AND contact_id IS NOT NULL AND kind <> 'reported'"


class Correction(Model):
    """What a unit's steward is asked to put right: an address bounced, a person has left, an officer says so."""

    __tablename__ = "correction"
    __table_args__ = (
        index_where(OPEN_CORRECTION, "uq_correction_open", "contact_id", "kind", unique=True),
        Index("ix_correction_unit_code_settled_at", "unit_code", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    kind: Mapped[CorrectionKind] = mapped_column(enum_column(CorrectionKind))
    text: Mapped[str] = mapped_column(Text, default="", comment="what the server or the person said")
    proposal: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="reported: field to value")
    raised_at: Mapped[datetime]
    raised_by: Mapped[str] = mapped_column(String(120), comment="an officer's name, or the address itself")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(String(120), default="")
    outcome: Mapped[str] = mapped_column(String(24), default="", comment="kept, changed, retired or dismissed")

    unit: Mapped[Unit] = relationship()
    contact: Mapped[Contact | None] = relationship()
