"""Keeping a work list under a name, and giving it up."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.desk.models import SavedView
from portal.desk.state import Sieve
from portal.errors import Hidden, Invalid
from portal.web.actor import Actor

LONGEST_NAME, MOST = 30, 12
NOT_YOURS = _("There is no such view of yours.")


def save_view(session: Session, actor: Actor, name: str, sieve: Sieve, at: datetime, *, shared: bool) -> SavedView:
    """The view, new or written over under its name; Invalid where it has none, or there are too many."""
    name = name.strip()
    _check(session, actor, name)
    kept = session.scalar(_own(actor).where(SavedView.name == name))
    if kept is None:
        kept = SavedView(officer_id=actor.officer_id, name=name)
        session.add(kept)
    kept.unit_code, kept.shared, kept.asked, kept.made_at = actor.unit_code or "", shared, sieve.written(), at
    session.flush()
    return kept


def remove_view(session: Session, actor: Actor, view_id: int) -> str:
    """Give up a view of one's own; answers its name; Hidden for another's."""
    kept = session.scalar(_own(actor).where(SavedView.id == view_id))
    if kept is None:
        raise Hidden(NOT_YOURS)
    session.delete(kept)
    return kept.name


def _check(session: Session, actor: Actor, name: str) -> None:
    if not name:
        raise Invalid({"name": _("Give the view a name.")})
    if len(name) > LONGEST_NAME:
        raise Invalid({"name": _("Shorten this to at most %(max)d characters", max=LONGEST_NAME)})
    others = _own(actor).where(SavedView.name != name).with_only_columns(func.count())
    if (session.scalar(others) or 0) >= MOST:
        raise Invalid({"name": _("You have %(most)s views already: give one up first.", most=MOST)})


def _own(actor: Actor) -> Select[SavedView]:
    return select(SavedView).where(SavedView.officer_id == actor.officer_id)
