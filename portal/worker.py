"""The worker: sweep, close, deliver, apply long imports, seal the log, again and again; any number of them at once."""

import logging
import signal
import threading
from contextlib import closing
from datetime import datetime
from types import FrameType

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import calendar_of
from portal import clock
from portal.audit.actions import seal
from portal.contacts.import_work import work_on_imports
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.mail.deliver import deliver
from portal.tickets.closing import close_settled

log = logging.getLogger(__name__)

PAUSE = 10.0
"Seconds between two rounds."


def work(app: Flask, pause: float = PAUSE) -> None:
    """Work until SIGTERM or SIGINT: the round under way is finished first."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping.is_set():
        with app.app_context():
            one_round(app, db.sessionmaker, clock.now())
        stopping.wait(pause)


def one_round(app: Flask, sessions: sessionmaker[Session], at: datetime) -> None:
    """One sweep (in working time), one delivery, the imports, one sealing; what fails is logged, the rest goes on."""
    for part in (_sweep, _close, _deliver, _import, _seal):
        try:
            part(app, sessions, at)
        except Exception:
            log.exception("the worker goes on after %s", part.__name__)


def _sweep(_app: Flask, sessions: sessionmaker[Session], at: datetime) -> None:
    with closing(sessions()) as session:
        office = calendar_of(session, "")
    if office.at_or_next_opening(at) == at:
        sweep(sessions, at)


def _close(_app: Flask, sessions: sessionmaker[Session], at: datetime) -> None:
    with closing(sessions()) as session:
        close_settled(session, at)
        session.commit()


def _deliver(app: Flask, sessions: sessionmaker[Session], at: datetime) -> None:
    with closing(sessions()) as session:
        deliver(session, app.extensions["settings"], at)


def _import(_app: Flask, sessions: sessionmaker[Session], at: datetime) -> None:
    work_on_imports(sessions, at)


def _seal(_app: Flask, sessions: sessionmaker[Session], _at: datetime) -> None:
    with closing(sessions()) as session:
        while seal(session):
            session.commit()
        session.rollback()
