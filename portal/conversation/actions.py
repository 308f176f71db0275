"""Messages between the units of a ticket."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.audit.actions import record as audit
from portal.conversation.attachments import NO_FILES, SortedOut, attach
from portal.conversation.mentioning import keep_mentions, named_in
from portal.conversation.queries import addressable
from portal.errors import Conflict, Hidden, Text
from portal.tickets.checking import KEY_LENGTH, MESSAGE_LENGTH, Faults, check_text
from portal.tickets.history import record
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import NOT_THERE
from portal.tickets.readers import EntryReader
from portal.web.actor import Actor
from portal.web.permissions import Permission


def send_message(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    text: str,
    at: datetime,
    submission_key: str | None = None,
    files: SortedOut = NO_FILES,
    *,
    to: str = "",
    by_mail: bool = False,
) -> Entry:
    """Write to all units of the ticket, or `to` one alone, with files or nothing but files; talk moves no task.

    Who is named by `@` may read it, or it is not sent; in a mail, which nobody corrects, an `@` may mean nothing.

    Invalid, and nothing is kept, if one file was refused (`files.0`, `files.1` …). The same `submission_key` writes
    one message with one set of files.
    """
    if not actor.may(Permission.TICKET_MESSAGE):
        raise Hidden(NOT_THERE)
    if submission_key and (twin := written_before(session, ticket, submission_key)):
        return twin
    faults = _faults(text, submission_key or "", files, _fault_of(session, actor, ticket, to))
    named = named_in(session, ticket, text, _sides(actor, to), at, Faults() if by_mail else faults)
    faults.raise_any()
    check_open(ticket)
    detail: dict[str, Any] = {"by_mail": True} if by_mail else {}
    entry = record(session, ticket, "message", actor, at, text=text.strip(), submission_key=submission_key,
                   aside=bool(to), **detail)  # fmt: skip
    hashes = [kept.sha256 for kept in attach(session, entry, files.accepted, at)]
    if to:
        keep_between(session, entry, actor, to)
    mentions = keep_mentions(session, actor, ticket, entry, named, at) if named else []
    given = {"files": hashes, "to": to, "mentions": mentions}
    noted = {**detail, **{name: value for name, value in given.items() if value}}
    audit(session, actor, "ticket.message", f"ticket {ticket.number}", at=at, **noted)
    session.flush()
    return entry


def written_before(session: Session, ticket: Ticket, submission_key: str) -> Entry | None:
    """What the same form has written already: a double click writes one."""
    return session.scalar(_TWIN, {"ticket_id": ticket.id, "submission_key": submission_key})


_TWIN = select(Entry).where(
    Entry.ticket_id == bindparam("ticket_id"), Entry.submission_key == bindparam("submission_key")
)
"Built once."


def check_open(ticket: Ticket) -> None:
    """Conflict once nobody is to write on the ticket any more."""
    if ticket.state in {TicketState.CLOSED, TicketState.WITHDRAWN}:
        raise Conflict(_("The ticket is closed and takes no more messages: reopen it first, or open a new one."))


def keep_between(session: Session, entry: Entry, actor: Actor, to: str) -> None:
    """The entry is read by the two units alone, and by those who supervise either."""
    session.add(EntryReader(entry=entry, unit_code=actor.unit_code))
    session.add(EntryReader(entry=entry, unit_code=to, addressed=True))


def note_download(session: Session, actor: Actor, number: str, attachment: int, sha256: str, at: datetime) -> None:
    """A file leaves the portal: who took it, without its name, which may tell whose case it is."""
    audit(session, actor, "attachment.download", f"ticket {number}", at=at, attachment=attachment, sha256=sha256)


def _fault_of(session: Session, actor: Actor, ticket: Ticket, to: str) -> Text | None:
    """What is wrong with the unit addressed, if it is not one to whom `actor` may write here."""
    if not to or to in session.scalars(addressable(actor, ticket).with_only_columns(Unit.code)).all():
        return None
    return _("This unit takes no part in the ticket: choose one that does, or write to all.")


def _sides(actor: Actor, to: str) -> list[str] | None:
    """Between which units it stands, if not between all."""
    return [actor.unit_code or "", to] if to else None


def _faults(text: str, submission_key: str, files: SortedOut, misdirected: Text | None) -> Faults:
    faults = Faults()
    if misdirected:
        faults.note("to", misdirected)
    if not text.strip() and files == NO_FILES:
        faults.note("text", _("Write something before you send it."))
    check_text("text", text, MESSAGE_LENGTH, faults)
    check_text("submission_key", submission_key, KEY_LENGTH, faults)
    for place, (name, reason) in enumerate(files.refused):
        faults.note(f"files.{place}", _("“%(name)s” was not sent: %(reason)s", name=name, reason=reason))
    return faults
