"""Drafts on a ticket's page: one for each form, kept on the server until the form is sent."""

from typing import Any

from sqlalchemy.orm import Session

from portal.cipher import Cipher
from portal.drafts.actions import discard, drafts_of
from portal.drafts.queries import of_kind
from portal.web.actor import Actor


def draft_key(number: str, form_id: str) -> str:
    return f"ticket:{number}:{form_id}"


def drafts_named(number: str) -> dict[str, Any]:
    """Which keys `OWN_OF_KIND` is asked for, of whoever is named besides."""
    asked = of_kind(None, f"ticket:{number}")
    return {name: asked[name] for name in ("first", "behind")}


def drafts_on(session: Session, actor: Actor, number: str, cipher: Cipher) -> dict[str, Any]:
    """What the officer has typed on the page and not sent yet: by form, its fields and when."""
    kept = drafts_of(session, actor, f"ticket:{number}", cipher)
    return {
        draft.key.rpartition(":")[2]: {"fields": draft.content, "at": draft.updated_at.isoformat()} for draft in kept
    }


def sent(session: Session, actor: Actor, number: str, form_id: str) -> None:
    """The form was sent: its draft goes, in the same transaction."""
    discard(session, actor, draft_key(number, form_id))
