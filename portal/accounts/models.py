"""Who signs in: officers with their roles, second factors and sessions, and the tokens of other systems."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Model
from directory.models import Unit, enum_column
from portal.web.permissions import SCOPES, Permission, Role


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
    left_at: Mapped[datetime | None] = mapped_column(comment="when the account was switched off")
    link_serial: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="of the newest sign-in link: the ones before are good no more"
    )
    mail_mentions: Mapped[bool] = mapped_column(
        default=True, server_default=true(), comment="whether being named in a message is mailed"
    )
    mail_decisions: Mapped[bool] = mapped_column(
        default=True, server_default=true(), comment="whether the answer to a request of one's own for more time is"
    )
    single_keys: Mapped[bool] = mapped_column(
        default=True, server_default=true(), comment="whether a letter alone does something on a page"
    )
    toured_at: Mapped[datetime | None] = mapped_column(comment="when the first tour was ended; null: it is shown")
    demonstration: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="made with the demonstration province: needs no second factor"
    )

    unit: Mapped[Unit] = relationship()
    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="officer", cascade="all, delete-orphan")
    factor: Mapped["SecondFactor | None"] = relationship(back_populates="officer", cascade="all, delete-orphan")

    def roles_on(self, day: date) -> frozenset[Role]:
        """The roles that count on a day: a grant that has ended counts for nothing."""
        return frozenset(grant.role for grant in self.grants if grant.counts_on(day))


class RoleGrant(Model):
    """One role of an officer: who gave it, why, and until when."""

    __tablename__ = "role_grant"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    reason: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    last_day: Mapped[date | None] = mapped_column(index=True, comment="the last on which it counts; null: no end")

    officer: Mapped[Officer] = relationship(back_populates="grants")

    def counts_on(self, day: date) -> bool:
        return self.last_day is None or day <= self.last_day


class SecondFactor(Model):
    """The secret that an officer's authenticator shares with us; a new one is pending until a code has proved it."""

    __tablename__ = "second_factor"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary, comment="encrypted; null: never confirmed")
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger, comment="of the last code that was taken: none before it")
    pending: Mapped[bytes | None] = mapped_column(LargeBinary, comment="encrypted; offered, not yet confirmed")

    officer: Mapped[Officer] = relationship(back_populates="factor")


class RecoveryCode(Model):
    """A code that stands in once for a lost authenticator; only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="HMAC-SHA-256 with the secret key")
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


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
    proved_at: Mapped[datetime | None] = mapped_column(comment="when a password or a code was last given here")
    way: Mapped[str] = mapped_column(
        String(20), default="", server_default=text("''"), comment="password, code, recovery code, link, agency"
    )
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
    scopes: Mapped[str] = mapped_column(String(300), default="", comment="permissions, with a space between them")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(comment="written at most once a minute")
    calls: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="in the minute that began at used_at"
    )

    unit: Mapped[Unit] = relationship()

    @property
    def permissions(self) -> frozenset[Permission]:
        """The scopes; a name that is none any more counts for nothing."""
        return frozenset(Permission(name) for name in self.scopes.split() if name in set(SCOPES))


class SignInFailure(Model):
    """One attempt to sign in that did not succeed, counted for a quarter of an hour."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), comment="hash of whose attempts these are (throttle.py)")
    at: Mapped[datetime] = mapped_column(index=True)
