"""An account over the years: names and addresses change, officers move, leave, come back, and lose their passwords."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from directory.models import UnitAncestor
from directory.queries import subtree_codes
from portal.accounts.actions import check_email, end_all_sessions, given_name, object_of, open_unit
from portal.accounts.models import Officer
from portal.audit.actions import record as audit
from portal.errors import Conflict, Invalid
from portal.web.actor import Actor
from portal.web.permissions import Role

KEPT_APART = frozenset({Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})
"Whoever looks after accounts must not become one of these by giving himself their password."


def change(session: Session, actor: Actor, officer: Officer, name: str, email: str | None, at: datetime) -> None:
    """Another name or address."""
    before = (officer.name, officer.email)
    officer.name, officer.email = given_name(name), check_email(email)
    changed = [what for what, was, now in zip(("name", "email"), before, (officer.name, officer.email), strict=True)
               if was != now]  # fmt: skip
    if changed:
        audit(session, actor, "officer.change", object_of(officer), at=at, changed=changed)


def move(session: Session, actor: Actor, officer: Officer, unit_code: str, at: datetime) -> None:
    """The officer works at another unit: what is owed stays with the former one, and sessions end."""
    _not_oneself(actor, officer)
    if unit_code == officer.unit_code:
        raise Invalid({"unit": _("The officer is at this unit already.")})
    unit, former = open_unit(session, unit_code, at), officer.unit_code
    officer.unit = unit
    audit(session, actor, "officer.move", object_of(officer), at=at, former=former, unit=unit.code)
    end_all_sessions(session, actor, officer, at)


def deactivate(session: Session, actor: Actor, officer: Officer, at: datetime, why: str = "") -> None:
    """The officer has left: nobody signs in with this account, and its sessions end."""
    _not_oneself(actor, officer)
    if not officer.active:
        raise Conflict(_("This account is switched off already."))
    officer.active, officer.left_at = False, at
    officer.link_serial += 1
    audit(session, actor, "officer.deactivate", object_of(officer), at=at, why=why)
    end_all_sessions(session, actor, officer, at)


def reactivate(session: Session, actor: Actor, officer: Officer, at: datetime) -> None:
    """The officer is back: the former password is forgotten, a new link leads in; roles are granted anew."""
    if officer.active:
        raise Conflict(_("This account is in use."))
    officer.active, officer.left_at, officer.password_hash = True, None, None
    officer.link_serial += 1
    lost = sorted(grant.role for grant in officer.grants)
    officer.grants.clear()
    audit(session, actor, "officer.reactivate", object_of(officer), at=at, roles_ended=lost)


def renew_link(session: Session, actor: Actor, officer: Officer, at: datetime) -> None:
    """A new link of the first sign-in; those before it are good no more."""
    check_apart(actor, officer)
    if not officer.active:
        raise Conflict(_("This account is switched off: switch it on first."))
    officer.link_serial += 1
    session.flush()
    audit(session, actor, "officer.link", object_of(officer), at=at)


def check_unit(session: Session, actor: Actor, unit_code: str) -> None:
    """Invalid where the unit is not the actor's own, nor below it."""
    ours = subtree_codes(actor.unit_code or "").where(UnitAncestor.unit_code == unit_code)
    if session.scalar(ours) is None:
        raise Invalid({"unit": _("Choose your own unit, or one below it.")})


def check_apart(actor: Actor, officer: Officer) -> None:
    """Conflict where an administrator could make himself another of the three (三员分立)."""
    _not_oneself(actor, officer)
    if actor.officer_id is not None and KEPT_APART.intersection(grant.role for grant in officer.grants):
        raise Conflict(
            _("This is the account of another of the three administrators: it is done on the server, by command.")
        )


def _not_oneself(actor: Actor, officer: Officer) -> None:
    if actor.officer_id == officer.id:
        raise Conflict(_("This is your own account: another system administrator does this."))
