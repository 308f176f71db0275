"""Roles are granted and taken, with a reason, perhaps until a day; three administrators are three people."""

from datetime import date, datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from directory.working_time import CHINA
from portal.accounts.actions import THREE_PEOPLE, object_of
from portal.accounts.models import Officer, RoleGrant
from portal.audit.actions import record as audit
from portal.errors import Conflict, Invalid
from portal.web.actor import PORTAL, Actor
from portal.web.permissions import Role, conflicts

LONGEST_REASON = 200


def grant(
    session: Session, actor: Actor, officer: Officer, role: Role, reason: str, last_day: date | None, at: datetime
) -> RoleGrant:
    """The officer has the role from now on; granted once more, the reason and the last day are those given last.

    The caller holds the officer (`officer_to_change`), so that of two grants at once the second sees the first.
    """
    _not_oneself(actor, officer)
    today = at.astimezone(CHINA).date()
    if last_day is not None and last_day < today:
        raise Invalid({"last_day": _("This day is over: give today or a later one, or none.")})
    if conflicts([*officer.roles_on(today), role]):
        raise Invalid({"role": THREE_PEOPLE})
    given = next((each for each in officer.grants if each.role is role), None) or RoleGrant(role=role)
    given.granted_at, given.granted_by, given.reason, given.last_day = at, actor.name, _reason(reason), last_day
    if given not in officer.grants:
        officer.grants.append(given)
    ends = {"last_day": last_day.isoformat()} if last_day else {}
    audit(session, actor, "role.grant", object_of(officer), at=at, role=role, reason=given.reason, **ends)
    return given


def withdraw(session: Session, actor: Actor, officer: Officer, role: Role, reason: str, at: datetime) -> None:
    """The role is taken; it counts for nothing with the next request."""
    _not_oneself(actor, officer)
    held = next((each for each in officer.grants if each.role is role), None)
    if held is None:
        raise Conflict(_("This officer does not have the role."))
    if role is Role.SECURITY_ADMINISTRATOR and not session.scalar(_others_with(role, officer, at)):
        raise Conflict(_("This is the last security administrator: grant the role to another first."))
    why = _reason(reason)
    officer.grants.remove(held)
    audit(session, actor, "role.withdraw", object_of(officer), at=at, role=role, reason=why)


def note_ended(session: Session, at: datetime) -> int:
    """Grants whose last day is over are taken away and noted; answers how many. They counted for nothing before."""
    today = at.astimezone(CHINA).date()
    over = select(RoleGrant).where(RoleGrant.last_day < today).with_for_update(skip_locked=True)
    ended = session.scalars(over).all()
    for each in ended:
        last_day = each.last_day.isoformat() if each.last_day else ""
        audit(session, PORTAL, "role.end", object_of(each.officer), at=at, role=each.role, last_day=last_day)
        session.delete(each)
    return len(ended)


def _others_with(role: Role, officer: Officer, at: datetime) -> Select[int]:
    counts = or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= at.astimezone(CHINA).date())
    others = RoleGrant.role == role, RoleGrant.officer_id != officer.id
    return select(func.count()).select_from(RoleGrant).join(Officer).where(*others, counts, Officer.active)


def _reason(given: str) -> str:
    reason = given.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid({"reason": _("Say why, in at most 200 characters: the audit log keeps it.")})
    return reason


def _not_oneself(actor: Actor, officer: Officer) -> None:
    if actor.officer_id == officer.id:
        raise Conflict(_("Nobody grants or takes his own roles: another security administrator does it."))
