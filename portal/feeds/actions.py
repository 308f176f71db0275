"""The secret link is made, made anew and taken away. Nothing here commits."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.feeds.models import CalendarFeed
from portal.feeds.queries import hash_of
from portal.web.actor import Actor


def make_link(session: Session, actor: Actor, at: datetime) -> str:
    """A new secret, which is shown this once; the one before leads nowhere any more."""
    secret = secrets.token_urlsafe(32)
    feed = session.get(CalendarFeed, actor.officer_id, with_for_update=True)
    if feed is None:
        feed = CalendarFeed(officer_id=actor.officer_id)
        session.add(feed)
    feed.token_hash, feed.made_at = hash_of(secret), at
    audit(session, actor, "feed.make", f"officer {actor.officer_id}", at=at)
    return secret


def take_away(session: Session, actor: Actor, at: datetime) -> None:
    """The link leads nowhere; none is none."""
    feed = session.get(CalendarFeed, actor.officer_id, with_for_update=True)
    if feed is not None:
        session.delete(feed)
        audit(session, actor, "feed.remove", f"officer {actor.officer_id}", at=at)
