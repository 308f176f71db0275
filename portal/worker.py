"""The worker: the ladder, the mail and the web hooks, each in a thread of its own, again and again; any number at once.

Apart, since a server that falls silent must not hold up the sweep, nor a long sweep the mail.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from contextvars import ContextVar
from datetime import datetime, timedelta
from types import FrameType

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import calendar_of
from portal import clock
from portal.accounts.granting import note_ended
from portal.api.keys import forget_answers
from portal.audit.actions import seal
from portal.audit.daily import DailyKeeping
from portal.cipher import cipher_of
from portal.config import Settings
from portal.contacts.asking import ask_to_confirm
from portal.contacts.import_work import work_on_imports
from portal.correspondence.mailbox import NotRead, receive_all
from portal.drafts.actions import put_away_old
from portal.errors import Refused
from portal.escalation.morning import tell_mornings
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.health import queries as health
from portal.health.beating import beat, worker_name
from portal.mail.deliver import deliver
from portal.privacy.purging import Purging
from portal.privacy.rotating import rotate_all
from portal.statistics.tallying import tally
from portal.tickets.assigning import hand_to_deputies
from portal.tickets.closing import close_settled
from portal.tickets.recounting import ask_about_days_known_since, recount_all
from portal.tickets.suspending import resume_ended
from portal.web.outage import OUTAGE, words_of
from portal.webhooks.actions import forget_deliveries
from portal.webhooks.deliver import tell_systems

log = logging.getLogger(__name__)

PAUSE = 10.0
"Seconds between two rounds."
BEAT_EVERY = 30.0
"Seconds between two beats within a round that takes long."
MAILBOX_EVERY = timedelta(minutes=1)
MORNING_EVERY = timedelta(minutes=5)
STATISTICS_EVERY = timedelta(minutes=3)

Part = Callable[[Settings, "sessionmaker[Session]", datetime], None]


def work(app: Flask, pause: float = PAUSE) -> None:
    """Work until SIGTERM or SIGINT: the rounds under way are finished first."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loops = [
        threading.Thread(target=_loop, args=(app, parts, pause, stopping), name=name)
        for name, parts in (
            (health.LADDER, (NewDays().ask, *LADDER, DailyKeeping().keep, Purging().purge, _rotate, Morning().tell,
                             Statistics().count)),
            (health.MAIL, (_deliver, Mailbox().read)),
            (health.WEBHOOKS, (_tell_systems, forget_told)),
        )
    ]
    for loop in loops:
        loop.start()
    for loop in loops:
        while loop.is_alive():  # a signal is only heard between two waits
            loop.join(0.5)


def one_round(app: Flask, sessions: "sessionmaker[Session]", at: datetime, parts: Sequence[Part]) -> None:
    """Each part once; what fails is logged, and the rest goes on, unless it is the database that does not answer."""
    for part in parts:
        try:
            part(app.extensions["settings"], sessions, at)
        except OUTAGE as error:
            log.error("the worker leaves out a round at %s: %s", _named(part), words_of(error))  # noqa: TRY400  no fault of ours
            return
        except Exception:
            log.exception("the worker goes on after %s", _named(part))


def _named(part: Part) -> str:
    return getattr(part, "__name__", type(part).__name__)


class Mailbox:
    """The mailbox is read less often than mail is sent; one that cannot be opened is told once, not at every round."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None
        self.told = ""

    def read(self, settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if settings.mail.imap_url is None or (self.next_at is not None and at < self.next_at):
            return
        self.next_at = at + MAILBOX_EVERY
        with closing(sessions()) as session:
            try:
                receive_all(session, settings, at)
                self.told = ""
            except NotRead as fault:
                self._tell(fault)

    def _tell(self, fault: Refused) -> None:
        if str(fault.message) != self.told:
            self.told = str(fault.message)
            log.error("the mailbox cannot be read: %s", self.told)


class NewDays:
    """Asked once, when the worker starts: a new release may know the holidays of a year that was assumed."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if self.asked:
            return
        with closing(sessions()) as session:
            ask_about_days_known_since(session, at)
            session.commit()
        self.asked = True


class Morning:
    """What still stands is looked for every few minutes, not at every round."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None

    def tell(self, _settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if self.next_at is None or at >= self.next_at:
            self.next_at = at + MORNING_EVERY
            tell_mornings(sessions, at)


class Statistics:
    """What changed is counted every few minutes, after all that somebody waits for."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None

    def count(self, _settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
        if self.next_at is None or at >= self.next_at:
            self.next_at = at + STATISTICS_EVERY
            tally(sessions, at, alive=_alive)


class Pulse:
    """The beats of one loop: after every round, and during a long one as long as it gets on."""

    def __init__(self, sessions: "sessionmaker[Session]", loop: str, stopwatch: Callable[[], float]) -> None:
        self.sessions, self.worker, self.loop = sessions, worker_name(), loop
        self.stopwatch = stopwatch
        self.began = self.beaten = stopwatch()

    def begin(self) -> None:
        self.began = self.stopwatch()

    def alive(self) -> None:
        """Called wherever a round has got on: a beat now and then."""
        if self.stopwatch() - self.beaten >= BEAT_EVERY:
            self.beat()

    def beat(self) -> None:
        """One that cannot be written is logged: the database does not answer, which the health check tells."""
        self.beaten = self.stopwatch()
        with closing(self.sessions()) as session:
            try:
                beat(session, self.worker, self.loop, clock.now(), self.beaten - self.began)
                session.commit()
            except SQLAlchemyError as error:
                session.invalidate()
                log.error("no heartbeat could be written: %s", words_of(error))  # noqa: TRY400  the health check tells


PULSE: ContextVar[Pulse] = ContextVar("pulse")
"That of the loop in whose thread a part runs."


def _loop(app: Flask, parts: Sequence[Part], pause: float, stopping: threading.Event) -> None:
    with app.app_context():
        pulse = Pulse(db.sessionmaker, threading.current_thread().name, time.monotonic)
    PULSE.set(pulse)
    while not stopping.is_set():
        pulse.begin()
        with app.app_context():
            one_round(app, db.sessionmaker, clock.now(), parts)
            pulse.beat()
        stopping.wait(pause)


def _alive() -> None:
    if pulse := PULSE.get(None):
        pulse.alive()


def _sweep(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    sweep(sessions, at, in_hours=True, alive=_alive)


def _recount(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    recount_all(sessions, at, _alive)


def _ask(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    with closing(sessions()) as session:
        office = calendar_of(session, "")
        if office.at_or_next_opening(at) == at:
            ask_to_confirm(session, at)
        session.commit()


def _resume(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    """Before the sweep, so that a rung is never climbed of a task that its page still calls suspended."""
    with closing(sessions()) as session:
        resume_ended(session, at)
        session.commit()


def _hand_to_deputies(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    with closing(sessions()) as session:
        hand_to_deputies(session, at)
        session.commit()


def _close(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    with closing(sessions()) as session:
        close_settled(session, at)
        session.commit()


def _deliver(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    with closing(sessions()) as session:
        deliver(session, settings, at, alive=_alive)


def _tell_systems(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    tell_systems(sessions, settings, at, alive=_alive)


def forget_told(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    """What other systems were told long ago, and the answers to calls that nobody repeats any more."""
    with closing(sessions()) as session:
        forget_deliveries(session, at)
        forget_answers(session, at)
        session.commit()


def forget_drafts(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    """What nobody has touched for so long is not wanted any more, and may hold a citizen's data."""
    with closing(sessions()) as session:
        put_away_old(session, at - timedelta(days=settings.draft_days))
        session.commit()


def _import(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    work_on_imports(sessions, at)


def _rotate(settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    rotate_all(sessions, cipher_of(settings), at)


def _seal(_settings: Settings, sessions: "sessionmaker[Session]", _at: datetime) -> None:
    with closing(sessions()) as session:
        while seal(session):
            session.commit()
        session.rollback()


def _end_grants(_settings: Settings, sessions: "sessionmaker[Session]", at: datetime) -> None:
    with closing(sessions()) as session:
        note_ended(session, at)
        session.commit()


LADDER: tuple[Part, ...] = (_recount, _resume, _hand_to_deputies, _sweep, _close, _ask, _import, _end_grants, _seal,
                            forget_drafts)  # fmt: skip
