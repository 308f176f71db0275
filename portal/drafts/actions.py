"""Keeping, reading and putting away what an officer has typed and not sent yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.cipher import Cipher, Undecipherable
from portal.drafts.models import KEY_LENGTH, Draft
from portal.drafts.queries import DISCARDED, OWN_OF_KIND, of_kind, own, untouched_since
from portal.errors import Invalid
from portal.upserting import inserting
from portal.web.actor import Actor

LARGEST = 200_000
"Bytes of one draft before it is encrypted."
MOST = 100
"Drafts of one officer; one more puts the one longest untouched away."

Content = Mapping[str, Any]
"The fields of a form as they were typed: whatever JSON can say."


@dataclass(frozen=True)
class Kept:
    """A draft as its officer reads it."""

    key: str
    content: dict[str, Any]
    updated_at: datetime


def save(session: Session, actor: Actor, key: str, content: Content, at: datetime, cipher: Cipher) -> None:
    """Keep what is typed under a key of the officer's own, in the stead of what was kept there before.

    Whoever is no officer (another system) keeps nothing.
    """
    if actor.officer_id is None:
        return
    text = json.dumps(content, ensure_ascii=False)
    if len(text.encode()) > LARGEST:
        raise Invalid({"": _("This is too long to be kept as a draft: shorten it.")})
    if not 0 < len(key) <= KEY_LENGTH or "\x00" in key:
        raise Invalid({"": _("This draft cannot be kept: load the page again.")})
    sealed = cipher.encrypt(text, purpose_of(actor.officer_id, key))
    _upsert(session, officer_id=actor.officer_id, key=key, content=sealed, updated_at=at)
    _put_away_the_oldest(session, actor.officer_id)


def load(session: Session, actor: Actor, key: str, cipher: Cipher) -> Kept | None:
    """What the officer has kept under the key."""
    draft = session.scalar(own(actor.officer_id or 0, key))
    return _read(draft, cipher) if draft else None


def drafts_of(session: Session, actor: Actor, kind: str, cipher: Cipher) -> list[Kept]:
    """The officer's drafts with keys `kind:…`, the latest first."""
    found = session.scalars(OWN_OF_KIND, of_kind(actor.officer_id, kind)).all()
    return [kept for draft in found if (kept := _read(draft, cipher))]


def count_drafts(session: Session, actor: Actor, kind: str) -> int:
    counted = select(func.count()).select_from(OWN_OF_KIND.subquery())
    return session.scalar(counted, of_kind(actor.officer_id, kind)) or 0


def discard(session: Session, actor: Actor, key: str) -> None:
    """Put a draft away: it was sent, or is not wanted any more. Where there is none, nothing happens."""
    session.execute(DISCARDED, {"whose": actor.officer_id or 0, "name": key})


def put_away_old(session: Session, before: datetime) -> int:
    """Drafts that nobody has touched since an instant go; how many."""
    return int(session.execute(untouched_since(before)).rowcount)  # type: ignore[attr-defined]


def _read(draft: Draft, cipher: Cipher) -> Kept | None:
    """None where the key it was encrypted with is not here any more: a draft is no record."""
    try:
        content = json.loads(cipher.decrypt(draft.content, purpose_of(draft.officer_id, draft.key)))
    except Undecipherable:
        return None
    return Kept(draft.key, content, draft.updated_at)


def purpose_of(officer_id: int, key: str) -> str:
    """Copied to another officer, or under another key, a draft cannot be read."""
    return f"draft {officer_id} {key}"


def _upsert(session: Session, **values: Any) -> None:
    new = inserting(session.get_bind().dialect.name, Draft).values(**values)
    changed = {"content": new.excluded.content, "updated_at": new.excluded.updated_at}
    session.execute(new.on_conflict_do_update(index_elements=["officer_id", "key"], set_=changed))


def _put_away_the_oldest(session: Session, officer_id: int) -> None:
    kept = select(Draft.id).where(Draft.officer_id == officer_id).order_by(Draft.updated_at.desc(), Draft.id.desc())
    beyond = session.scalars(kept.offset(MOST)).all()
    if beyond:
        session.execute(delete(Draft).where(Draft.id.in_(beyond)))
