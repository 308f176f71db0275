"""What must be there at the end: each accepted POST once, each rung that was due climbed once, each mail delivered."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.escalation.models import Climb
from portal.extensions import db
from portal.mail.models import DUE_STATES, MailState, OutboxMail
from portal.tickets.models import Clock, Entry, Ticket
from tests.conftest import running
from tests.faults.load import Book
from tests.faults.plant import Plant
from tests.faults.seed import Rung, Seeded, settings_of

SEEDED = "请协助核对。"
"What the tickets say that were there before."


@dataclass
class Reckoning:
    """What was counted, and every fault that was found."""

    tickets: int = 0
    messages: int = 0
    rungs: int = 0
    mails: int = 0
    arrived_twice: int = 0
    "under the same Message-ID: in flight when their worker was killed"
    faults: list[str] = field(default_factory=list)


def drain(plant: Plant, *, hurry: bool, within: float) -> None:
    """Wait until no mail is on its way; in a hurry the leases of the dead are over at once, and nothing waits its turn."""
    end = time.monotonic() + within
    with running(settings_of(plant)) as app, app.app_context():
        while db.session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.state.in_(DUE_STATES))):
            if hurry:
                waits = OutboxMail.state.in_([MailState.DEFERRED, MailState.UNKNOWN, MailState.SENDING])
                late = OutboxMail.next_try_at > clock.now()
                db.session.execute(update(OutboxMail).where(waits, late).values(next_try_at=OutboxMail.created_at))
            db.session.commit()
            if time.monotonic() > end:
                return
            time.sleep(0.5)


def reckon(plant: Plant, seeded: Seeded, book: Book, until: datetime) -> Reckoning:
    """Count, with every process still there; `until`: the rungs due by then were to be climbed."""
    with running(settings_of(plant)) as app, app.app_context():
        found = Reckoning(faults=list(book.faults))
        _tickets(db.session, book, found)
        _messages(db.session, book, found)
        _rungs(db.session, seeded, found, until)
        _mails(db.session, plant, found)
    verified = plant.command("portal", "audit", "verify")
    if verified.returncode:
        found.faults.append(f"audit verify: {verified.stdout}{verified.stderr}")
    return found


def _tickets(session: Session, book: Book, found: Reckoning) -> None:
    there = session.execute(select(Ticket.reference, Ticket.number).where(Ticket.reference != "")).all()
    found.tickets = len(book.tickets)
    counts = Counter(reference for reference, _number in there)
    found.faults += [f"the ticket of {key} is there {counts[key]} times" for key in book.tickets.keys() | counts.keys() if counts[key] != 1]
    numbers = dict(there)
    found.faults += [f"{key} was answered {number}, and is {numbers.get(key)}" for key, number in book.tickets.items()
                     if numbers.get(key) != number]  # fmt: skip


def _messages(session: Session, book: Book, found: Reckoning) -> None:
    texts = Counter(session.scalars(select(Entry.text).where(Entry.kind == "message", Entry.text != SEEDED)))
    found.messages = len(book.messages)
    found.faults += [f"the message {text!r} is there {texts[text]} times" for text in book.messages if texts[text] != 1]
    found.faults += [f"{text!r} is there {count} times" for text, count in texts.items() if count > 1]


def _rungs(session: Session, seeded: Seeded, found: Reckoning, until: datetime) -> None:
    rows = session.execute(
        select(Ticket.number, Clock.task_id, Clock.kind, Climb.rung)
        .join(Clock, Clock.id == Climb.clock_id)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(Ticket.number.in_(seeded.silent), Climb.planned_at <= until, Climb.skipped.is_(None))
    )
    climbed: Counter[Rung] = Counter((number, task, str(kind), rung) for number, task, kind, rung in rows)
    found.rungs = len(climbed)
    found.faults += [f"{rung} was due and is climbed {climbed[rung]} times" for rung in seeded.due if climbed[rung] != 1]
    found.faults += [f"{rung} was not due" for rung in climbed if rung not in seeded.due]
    entered = session.scalar(select(func.count(Entry.id)).where(Entry.kind == "climbed"))
    in_all = session.scalar(select(func.count(Climb.id)).where(Climb.skipped.is_(None)))
    if entered != in_all:
        found.faults.append(f"{in_all} rungs were climbed, {entered} are entered")
    if left := session.scalar(text("SELECT count(*) FROM digest_line")):
        found.faults.append(f"{left} lines of a mail that lists several were never sent")


def _mails(session: Session, plant: Plant, found: Reckoning) -> None:
    states = Counter(session.scalars(select(OutboxMail.state)))
    arrived = Counter(plant.mail.ids)
    sent = set(session.scalars(select(OutboxMail.message_id).where(OutboxMail.state == MailState.SENT)))
    found.mails, found.arrived_twice = len(arrived), sum(count - 1 for count in arrived.values())
    if set(states) - {MailState.SENT}:
        found.faults.append(f"mails that did not leave: {states}")
    found.faults += [f"mail {each} was sent and did not arrive" for each in sent - arrived.keys()]
    found.faults += [f"mail {each} arrived and is not in the outbox as sent" for each in arrived.keys() - sent]
