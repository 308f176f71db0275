"""Editing a message: by its writer, within five minutes, with what it said before kept beside it."""

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.conversation.actions import check_open
from portal.conversation.mentioning import Labels, keep_mentions, named_in
from portal.conversation.models import FormerText
from portal.errors import Conflict, Hidden
from portal.terms.indexing import index_texts
from portal.tickets.checking import MESSAGE_LENGTH, Faults, check_text
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import NOT_THERE, entries_of
from portal.tickets.readers import EntryReader
from portal.web.actor import Actor
from portal.web.permissions import Permission

EDITABLE_FOR = timedelta(minutes=5)

NOT_YOURS = _("Only who wrote a message may edit it.")
TOO_LATE = _("Five minutes have passed: others may have acted on it, so it stays as it is. Send another message.")
EDITED_MEANWHILE = _("It was edited in another window meanwhile. Nothing was changed; your text is still here.")


def editable(actor: Actor, entry: Entry, at: datetime) -> bool:
    """Whether `actor` may still edit the entry: a message of his own that is not five minutes old."""
    own = entry.by_officer_id is not None and entry.by_officer_id == actor.officer_id
    return entry.kind == "message" and own and at < entry.at + EDITABLE_FOR


def message_to_edit(session: Session, actor: Actor, ticket: Ticket, entry_id: int, at: datetime) -> Entry:
    """A message that may be edited; Hidden where it cannot be read, Conflict where it may not be edited any more."""
    wanted = entries_of(actor, ticket).where(Entry.id == entry_id, Entry.kind == "message")
    entry = session.scalar(wanted)
    if entry is None or not actor.may(Permission.TICKET_MESSAGE):
        raise Hidden(NOT_THERE)
    if actor.officer_id is None or entry.by_officer_id != actor.officer_id:
        raise Conflict(NOT_YOURS)
    if not editable(actor, entry, at):
        raise Conflict(TOO_LATE)
    check_open(ticket)
    return entry


def edit_message(
    session: Session, actor: Actor, ticket: Ticket, entry_id: int, text: str, seen: int, at: datetime
) -> Entry:
    """Give a message another text; `seen` is how often it had been edited when the form was shown.

    The caller holds the ticket, so that of two edits at once the second finds the first.
    """
    entry = message_to_edit(session, actor, ticket, entry_id, at)
    former: list[FormerText] = entry.former_texts  # type: ignore[attr-defined]
    if len(former) != seen:
        raise Conflict(EDITED_MEANWHILE)
    named = _checked(session, ticket, entry, text, at)
    if text.strip() == entry.text:
        return entry
    former.append(FormerText(text=entry.text, until=at))
    entry.text, entry.edited_at = text.strip(), at
    keep_mentions(session, actor, ticket, entry, named, at)
    index_texts(session, ticket.id, [entry.text])
    audit(session, actor, "ticket.message.edit", f"ticket {ticket.number}", at=at, entry=entry.id)
    return entry


def _checked(session: Session, ticket: Ticket, entry: Entry, text: str, at: datetime) -> Labels:
    """Whom the text names; Invalid as for a message that is sent."""
    faults = Faults()
    if not text.strip() and not entry.attachments:  # type: ignore[attr-defined]
        faults.note("text", _("A message cannot be emptied: what was sent stays readable."))
    check_text("text", text, MESSAGE_LENGTH, faults)
    readers: list[EntryReader] = entry.readers  # type: ignore[attr-defined]
    sides = [reader.unit_code for reader in readers] if entry.aside else None
    named = named_in(session, ticket, text, sides, at, faults)
    faults.raise_any()
    return named
