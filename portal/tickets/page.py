"""What the ticket's page shows: whose turn it is, how long still, what happens next, in few statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from directory.models import Unit
from directory.queries import units_above
from portal.cipher import cipher
from portal.clock import now
from portal.extensions import db
from portal.ladder.ladder import ClockKind
from portal.mail.models import OutboxMail
from portal.procedures.catalogue import Procedure
from portal.procedures.queries import procedure_of
from portal.tickets import forms
from portal.tickets.cards import NOTHING, Interrupted, Shown, TaskCard, Wanted, assignees, card_of
from portal.tickets.citizens import CitizenFacts, masked
from portal.tickets.entries import line_of
from portal.tickets.extension import Extension, asked_on
from portal.tickets.forecast import ForecastRung, forecast
from portal.tickets.holding import holdable
from portal.tickets.latest import SHOWN, Part, part_of
from portal.tickets.lifecycle import Outcome, TicketMove
from portal.tickets.models import Clock, Entry, Task, Ticket
from portal.tickets.queries import allowed_ticket_moves, load_ticket, running_clocks
from portal.tickets.rare import CITIZENS, may_have, rarely
from portal.tickets.seeing import note_seen
from portal.tickets.shape import A_TICKET
from portal.tickets.ticket_forms import form_drawn
from portal.tickets.told import Told, mails_about, told
from portal.web.access import actor

EXTENSIONS = "extensions"
_ASKED = asked_on(A_TICKET)
"Built once."
rarely(EXTENSIONS, lambda _actor: _ASKED)

LARGEST = 2**31 - 1
"Numbers that both databases take."


@dataclass
class TicketPage:
    """Everything that the template of a ticket asks for."""

    ticket: Ticket
    at: datetime
    procedure: Procedure
    cards: Sequence[TaskCard]
    part: Part
    rungs: Sequence[ForecastRung]
    mails: Sequence[OutboxMail]
    units: Mapping[str, Unit]
    citizens: Sequence[CitizenFacts]
    moves: frozenset[TicketMove]
    may_hold: bool
    interrupted: Interrupted | None = None
    wanted: Wanted = NOTHING

    @cached_property
    def turn(self) -> list[TaskCard]:
        """The tasks of which somebody owes something now, the most pressing first."""
        owed = [card for card in self.cards if card.nearest]
        return sorted(owed, key=lambda card: card.nearest.due_at if card.nearest else self.at)

    @property
    def opened(self) -> str:
        """The id of the form that stands open."""
        return self.interrupted.form.form_id if self.interrupted else self.wanted.form_id

    @property
    def refused(self) -> bool:
        return any(card.task.outcome is Outcome.REFUSED for card in self.cards)

    @property
    def next_rung(self) -> ForecastRung | None:
        return next((rung for rung in self.rungs if not rung.skipped and rung.task), None)

    @property
    def ladders(self) -> list[tuple[Clock, list[ForecastRung]]]:
        """Each clock that runs with its rungs to come, the most pressing first; the overall clock last."""
        clocks = sorted(running_clocks(self.ticket), key=lambda clock: (clock.task is None, clock.due_at))
        return [(clock, [rung for rung in self.rungs if rung.clock is clock]) for clock in clocks]

    def climbed(self, clock: Clock) -> list[Entry]:
        """The rungs of a clock that are behind it, as the history tells them, lowest first."""
        return [entry for entry in self.part.rungs if _of_clock(entry, clock)]

    @cached_property
    def told(self) -> Told:
        """By which mails each rung was told."""
        return told(self.part.rungs, self.mails)

    @property
    def overall(self) -> Clock | None:
        return next((clock for clock in running_clocks(self.ticket) if clock.kind is ClockKind.OVERALL), None)

    @property
    def meanwhile(self) -> list[Entry]:
        """What others entered after the reader had loaded the page."""
        since = self.interrupted.since if self.interrupted else None
        return [entry for entry in self.entries if entry.id > since] if since else []

    @property
    def seen(self) -> int | None:
        """The newest entry that the reader was shown before; None for a first look."""
        return self.part.seen

    @property
    def there(self) -> Collection[str]:
        return self.part.there

    @property
    def entries(self) -> Sequence[Entry]:
        return self.part.entries

    @cached_property
    def unread(self) -> frozenset[int]:
        """Ids of what others entered since the reader looked last; none at a first look, when all of it is new."""
        since, me = self.seen, actor().officer_id
        return frozenset(e.id for e in self.entries if since and e.id > since and e.by_officer_id != me)

    @property
    def last_entry(self) -> int:
        return self.entries[-1].id if self.entries else 0

    def unit_of(self, clock: Clock) -> Unit:
        return self.units[clock.unit_code]

    @property
    def message(self) -> forms.MessageForm | None:
        """The form of a message that was not carried out."""
        again = self.interrupted.form if self.interrupted else None
        return again if isinstance(again, forms.MessageForm) else None

    def drawn(self, name: str) -> Markup:
        """One of the forms on the ticket as a whole."""
        return form_drawn(
            name, self.ticket, self.units, self.interrupted.form if self.interrupted else None, self.opened
        )

    def line(self, entry: Entry, *, editable: bool) -> Markup:
        """A line of the history."""
        return line_of(entry, self.units, new=entry.id in self.unread, editable=editable)


def _of_clock(entry: Entry, clock: Clock) -> bool:
    """Entries of earlier versions name the kind of clock alone."""
    same = (entry.task_id, entry.detail["clock"]) == (clock.task_id, clock.kind)
    return same and entry.detail.get("clock_id", clock.id) == clock.id and entry.at >= clock.started_at


def render_ticket(number: str, interrupted: Interrupted | None = None, wanted: Wanted = NOTHING) -> str:
    """The page of a ticket; with a form that was not carried out, everything typed is still in it."""
    return render_template("tickets/ticket.html", page=gather(db.session, number, interrupted, wanted))


def show_ticket(number: str, wanted: Wanted = NOTHING) -> str:
    """The page of a ticket, and a note of how far its reader has now read; committed here.

    The reading ends first: on SQLite a transaction that has read may find itself too late to write.
    """
    page = gather(db.session, number, wanted=wanted)
    shown = render_template("tickets/ticket.html", page=page)
    note = partial(note_seen, db.session, actor(), page.ticket.id, page.last_entry)
    if page.last_entry > (page.seen or 0):
        db.session.rollback()  # nothing of the page is asked any more: that would be reading again
        note()
        db.session.commit()
    return shown


def gather(
    session: Session, number: str, interrupted: Interrupted | None = None, wanted: Wanted = NOTHING
) -> TicketPage:
    """Loads what the page shows; Hidden if the ticket is not for the reader to see."""
    ticket, at = load_ticket(session, actor(), number), now()
    units = units_of(session, ticket)
    part = part_of(session, actor(), ticket, units, *_wanted(interrupted), at=at)
    if not may_have(CITIZENS, part.there):
        set_committed_value(ticket, "citizens", [])
    page = TicketPage(
        ticket=ticket,
        at=at,
        procedure=procedure_of(session, *ticket.opened_with),
        cards=[],
        part=part,
        rungs=forecast(session, ticket, at, units),
        mails=mails_about(session, ticket, part.rungs),
        units=units,
        citizens=[masked(citizen, cipher()) for citizen in ticket.citizens],
        moves=allowed_ticket_moves(actor(), ticket),
        may_hold=bool(holdable(session, actor(), ticket, at)),
        interrupted=interrupted,
        wanted=wanted,
    )
    page.cards = _cards(session, page)
    return page


def _wanted(interrupted: Interrupted | None) -> tuple[int, int | None]:
    """How many entries the address asks for (`?shown=`), and the one from which on all are shown (`?entry=`)."""
    since = (interrupted.since if interrupted else None, _number("entry"))
    return max(_number("shown"), SHOWN), min(filter(None, since), default=None)


def _number(name: str) -> int:
    """A number in the address; nonsense is none."""
    return min(max(request.args.get(name, 0, type=int), 0), LARGEST)


def units_of(session: Session, ticket: Ticket) -> dict[str, Unit]:
    """Every unit on the ticket and above it, so that each one's parent is at hand."""
    named = {ticket.opener_code, ticket.registry_code or "", *(task.unit_code for task in ticket.tasks)}
    return units_above(session, named)


def _cards(session: Session, page: TicketPage) -> list[TaskCard]:
    ticket = page.ticket
    sought = ticket_tasks(ticket)
    shown = Shown(
        actor=actor(),
        asked={each.task_id: each for each in _asked(session, page)},
        who={code: assignees(session, code) for code in {task.unit_code for task in sought}
             if code == actor().unit_code},
        seen=page.last_entry,
        grounds=page.procedure.refusal_grounds,
        again=page.interrupted,
        wanted=page.wanted,
    )  # fmt: skip
    return [card_of(session, task, shown) for task in sought]


def _asked(session: Session, page: TicketPage) -> Iterable[Extension]:
    return session.scalars(_ASKED, {"ticket_id": page.ticket.id}) if may_have(EXTENSIONS, page.there) else ()


def ticket_tasks(ticket: Ticket) -> list[Task]:
    return sorted(ticket.tasks, key=lambda task: task.position)
