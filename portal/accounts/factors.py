"""The second factor of an account: offered, confirmed by a code, asked for, replaced by recovery codes, reset."""

import hashlib
import hmac
from datetime import datetime
from enum import StrEnum

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import recovery, totp
from portal.accounts.actions import end_all_sessions, object_of
from portal.accounts.models import Officer, RecoveryCode, SecondFactor
from portal.audit.actions import record as audit
from portal.cipher import cipher
from portal.errors import Conflict, Invalid
from portal.web.actor import Actor

PURPOSE = "second_factor.secret"


class Way(StrEnum):
    """By what a session was opened; kept with it."""

    PASSWORD = "password"  # noqa: S105  the name of a way in
    CODE = "code"
    RECOVERY = "recovery code"
    LINK = "link"
    AGENCY = "agency"


def offer(session: Session, officer: Officer) -> None:
    """A new secret for the officer's authenticator; a confirmed one stays in force until a code proves the new one."""
    factor = officer.factor or SecondFactor(officer_id=officer.id)
    officer.factor = factor
    factor.pending = cipher().encrypt(totp.new_secret(), PURPOSE)
    session.flush()


def pending_secret(officer: Officer) -> str | None:
    """The secret that is on offer."""
    pending = officer.factor.pending if officer.factor else None
    return cipher().decrypt(pending, PURPOSE) if pending else None


def confirm(session: Session, actor: Actor, officer: Officer, code: str, at: datetime, keep: int | None) -> list[str]:
    """The officer's authenticator knows the secret: it counts from now on. Answers the recovery codes, shown once.

    Whoever is signed in elsewhere, without it, is signed out there; the session `keep` goes on.
    """
    factor, secret = officer.factor, pending_secret(officer)
    if factor is None or secret is None:
        raise Conflict(_("This was confirmed already, or never begun: begin anew."))
    step = totp.step_of(secret, code, at, None)
    if step is None:
        raise Invalid({"code": _("This is not the code shown now. Check that the telephone's clock is right.")})
    factor.secret, factor.pending = factor.pending, None
    factor.confirmed_at, factor.last_step = at, step
    audit(session, actor, "factor.confirm", object_of(officer), at=at)
    end_all_sessions(session, actor, officer, at, but=keep)
    return new_recovery_codes(session, actor, officer, at)


def new_recovery_codes(session: Session, actor: Actor, officer: Officer, at: datetime) -> list[str]:
    """Ten new codes instead of all former ones."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer.id))
    codes = recovery.new_codes()
    session.add_all(RecoveryCode(officer_id=officer.id, code_hash=_hash(code), made_at=at) for code in codes)
    audit(session, actor, "recovery-codes.make", object_of(officer), at=at, codes=len(codes))
    return codes


def codes_left(session: Session, officer_id: int) -> int:
    """How many recovery codes are still good."""
    left = select(func.count()).where(RecoveryCode.officer_id == officer_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def verify(session: Session, officer: Officer, typed: str, at: datetime) -> Way | None:
    """What was typed, if it is good now: a code of the authenticator or a recovery code; either is used up."""
    if confirmed(officer) is None:
        return None
    if totp.is_code(typed):
        return Way.CODE if _take_code(session, officer, typed, at) else None
    if recovery.is_code(typed):
        return Way.RECOVERY if _take_recovery_code(session, officer, typed, at) else None
    return None


def confirmed(officer: Officer) -> SecondFactor | None:
    """The officer's second factor, if one counts."""
    return officer.factor if officer.factor and officer.factor.confirmed_at else None


def reset(session: Session, actor: Actor, officer: Officer, at: datetime, why: str = "") -> None:
    """The authenticator is lost: factor and recovery codes are gone, sessions end, and it is set up anew at sign-in."""
    if officer.factor is None:
        raise Conflict(_("This account has no second factor."))
    officer.factor = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer.id))
    audit(session, actor, "factor.reset", object_of(officer), at=at, why=why)
    end_all_sessions(session, actor, officer, at)


def remove(session: Session, actor: Actor, officer: Officer, at: datetime) -> None:
    """The officer, of whom none is required, signs in without it from now on."""
    if officer.factor is not None:
        officer.factor = None
        session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer.id))
        audit(session, actor, "factor.remove", object_of(officer), at=at)


def _take_code(session: Session, officer: Officer, typed: str, at: datetime) -> bool:
    """One statement decides, so that of two who send the same code at once one is refused."""
    factor = officer.factor
    if factor is None or factor.secret is None:
        return False
    step = totp.step_of(cipher().decrypt(factor.secret, PURPOSE), typed, at, factor.last_step)
    if step is None:
        return False
    unused = or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step)
    taken = update(SecondFactor).where(SecondFactor.officer_id == officer.id, unused).values(last_step=step)
    return session.scalar(taken.returning(SecondFactor.officer_id)) is not None


def _take_recovery_code(session: Session, officer: Officer, typed: str, at: datetime) -> bool:
    mine = RecoveryCode.officer_id == officer.id, RecoveryCode.code_hash == _hash(typed)
    taken = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=at)
    return session.scalar(taken.returning(RecoveryCode.id)) is not None


def _hash(code: str) -> str:
    """Keyed, so that a copy of the database alone tells nothing."""
    key = f"recovery codes {current_app.config['SECRET_KEY']}".encode()
    return hmac.new(key, recovery.normal(code).encode(), hashlib.sha256).hexdigest()
