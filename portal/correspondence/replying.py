"""A reply to a mail of ours becomes a message on the ticket, if the administrator wants that and the sender is known.

A reply never answers a task: what is owed stays owed, and a short mail says so and links to the ticket. It is the only
mail that an incoming one causes, and a count ends the talk with an automat that looks like a person.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.models import Contact, ContactRole, ContactState
from directory.reach import recipient_of
from portal.config import MailSettings
from portal.conversation.actions import send_message
from portal.conversation.attachments import SortedOut
from portal.correspondence.arrival import Arrival
from portal.correspondence.models import Effect, IncomingMail
from portal.correspondence.outcome import Outcome, Reason
from portal.correspondence.quoting import cut_quote
from portal.errors import Hidden, Refused
from portal.mail.models import OutboxMail
from portal.mail.tokens import Returned, Way
from portal.tickets.letters import mail_reply
from portal.tickets.queries import load_ticket
from portal.web.actor import Actor
from portal.web.languages import DEFAULT, in_language
from portal.web.permissions import Role

MOST_REPLIES = 10
"Of one address about one ticket within a day; what is more has no effect."
DAY = timedelta(days=1)

LEFT_OUT = "邮件附件未接收："
"Written into the message itself, as a person would, so in the language of the tickets."

SUPERVISING = frozenset({ContactRole.SUPERVISOR, ContactRole.LEADER})


def enter_reply(
    session: Session, incoming: IncomingMail, arrival: Arrival, settings: MailSettings, at: datetime
) -> Outcome:
    """Enter what a person wrote; what cannot be entered is filed or kept, with the reason."""
    if arrival.received.sender is None:
        return Outcome(Effect.KEPT, Reason.UNREADABLE, "; ".join(arrival.received.problems))
    if not settings.replies:
        return Outcome(Effect.FILED, Reason.REPLIES_OFF)
    mail = incoming.outbox_mail
    if mail is None or mail.ticket_number is None or arrival.back != Returned(Way.REPLY, mail.token):
        return Outcome(Effect.KEPT, Reason.NO_TOKEN)
    if obstacle := _repeated(session, incoming, mail, at):
        return Outcome(Effect.FILED, obstacle)
    return _of_writer(session, incoming, arrival, mail, at)


def _of_writer(session: Session, incoming: IncomingMail, arrival: Arrival, mail: OutboxMail, at: datetime) -> Outcome:
    contact = _writer(session, incoming.sender, mail)
    if contact is None:
        return Outcome(Effect.KEPT, Reason.UNKNOWN_SENDER)
    text = _text(arrival)
    if not text and not arrival.files.accepted:
        return Outcome(Effect.FILED, Reason.EMPTY)
    return _enter(session, incoming, mail, contact, text, arrival.files, at)


def _text(arrival: Arrival) -> str:
    """What was written, and by name which files were not taken: whoever reads the ticket has to know of them."""
    with in_language(DEFAULT):
        left_out = [f"（{LEFT_OUT}{name}：{reason}）" for name, reason in arrival.files.refused]
    return "\n".join([cut_quote(arrival.received.text), *left_out]).strip()


def _repeated(session: Session, incoming: IncomingMail, mail: OutboxMail, at: datetime) -> Reason | None:
    """The same message by another way (other bytes on top, the same id), or one too many of a day."""
    others = IncomingMail.sender == incoming.sender, IncomingMail.id != incoming.id
    same = select(IncomingMail.id).where(*others, IncomingMail.message_id == incoming.message_id)
    if incoming.message_id and session.scalar(same.where(IncomingMail.effect == Effect.ENTERED).limit(1)):
        return Reason.AGAIN
    of_ticket = IncomingMail.outbox_mail.has(OutboxMail.ticket_number == mail.ticket_number)
    recent = select(func.count(IncomingMail.id)).where(*others, of_ticket, IncomingMail.received_at > at - DAY)
    return Reason.TOO_MANY if (session.scalar(recent) or 0) >= MOST_REPLIES else None


def _writer(session: Session, sender: str, mail: OutboxMail) -> Contact | None:
    """The contact to whom the mail went, if it has this address still and may be mailed."""
    contact = session.get(Contact, mail.contact_id) if mail.contact_id is not None else None
    if contact is None or contact.state is ContactState.RETIRED or contact.disowned_at is not None:
        return None
    return contact if {mail.to_address.lower(), (contact.email or "").lower()} == {sender} else None


def _enter(
    session: Session,
    incoming: IncomingMail,
    mail: OutboxMail,
    contact: Contact,
    text: str,
    files: SortedOut,
    at: datetime,
) -> Outcome:
    actor = _actor(contact)
    try:
        ticket = load_ticket(session, actor, mail.ticket_number or "", lock=True)
    except Hidden:
        return Outcome(Effect.KEPT, Reason.NOT_THEIRS)
    try:
        with session.begin_nested():
            key, taken = f"mail:{incoming.digest[:40]}", SortedOut(files.accepted, ())
            entry = send_message(session, actor, ticket, text, at, key, taken, by_mail=True)
    except Refused:
        mail_reply(session, ticket, recipient_of(contact), at, entered=False)
        return Outcome(Effect.KEPT, Reason.REFUSED)
    contact.answered_at = at
    mail_reply(session, ticket, recipient_of(contact), at, entered=True)
    return Outcome(Effect.ENTERED, entry=entry)


def _actor(contact: Contact) -> Actor:
    """The contact as who acts: an officer of the unit, or its supervisor, who sees the tickets of the units below."""
    role = Role.SUPERVISOR if contact.role in SUPERVISING else Role.OFFICER
    return Actor(contact.unit_code, contact.name, frozenset({role}))
