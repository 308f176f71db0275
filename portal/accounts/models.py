"""Who signs in: officers with their roles and sessions, and the tokens of other systems."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model
from directory.models import Unit, enum_column
from portal.web.permissions import Role


class Officer(Model):
    """A police officer's account; belongs to one unit."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(String(60))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5), default="zh")
    password_hash: Mapped[str | None] = mapped_column(String(200), comment="argon2id; null until the first sign-in")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()
    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="officer", cascade="all, delete-orphan")


class RoleGrant(Model):
    """One role of an officer."""

    __tablename__ = "role_grant"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)

    officer: Mapped[Officer] = relationship(back_populates="grants")


class SignInSession(Model):
    """One browser signed in; the cookie holds a token of which only the hash is kept here."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(comment="written at most once a minute")
    expires_at: Mapped[datetime] = mapped_column(comment="absolute end, however busy")
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")

    officer: Mapped[Officer] = relationship()


class ApiToken(Model):
    """A bearer token that belongs to a unit; shown once, kept as a hash."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code", onupdate="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(comment="written at most once a minute")

    unit: Mapped[Unit] = relationship()


class SignInFailure(Model):
    """One attempt to sign in that did not succeed, counted for a quarter of an hour."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), comment="hash of username and address: nobody can lock out others")
    at: Mapped[datetime] = mapped_column(index=True)
