"""The views of a work list that an officer kept under a name, or that another of the unit shares."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from directory.edition import once
from portal.accounts.models import Officer
from portal.desk.models import SavedView
from portal.web.actor import Actor


class KeptView(NamedTuple):
    """A saved view."""

    id: int
    officer_id: int
    name: str
    asked: Mapping[str, Any]


def saved_views(session: Session, actor: Actor) -> Sequence[KeptView]:
    """The officer's own, and those that others of the unit share; own ones first, by name. None without an account."""
    if actor.officer_id is None:
        return ()
    mine = "saved views", actor.officer_id, actor.unit_code
    return once(session, mine, lambda: _read_views(session, actor))


def _read_views(session: Session, actor: Actor) -> Sequence[KeptView]:
    own = SavedView.officer_id == actor.officer_id
    shared = and_(SavedView.shared, SavedView.unit_code == actor.unit_code)
    columns = SavedView.id, SavedView.officer_id, SavedView.name, SavedView.asked
    asked = select(*columns).where(or_(own, shared)).order_by(case((own, 0), else_=1), SavedView.name, SavedView.id)
    return [KeptView(*row) for row in session.execute(asked)]


def makers_of(session: Session, views: Sequence[KeptView], reader: Actor) -> Mapping[int, str]:
    """What those are called who made views that are not the reader's own."""
    others = {view.officer_id for view in views} - {reader.officer_id}
    if not others:
        return {}
    return dict(session.execute(select(Officer.id, Officer.name).where(Officer.id.in_(others))).all())
