"""The worker's loops: what they do once, and that a long round is not taken for a dead one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.calendars import forget_calendars
from directory.days import CalendarDay, CalendarYear, DayKind, Recount, YearState
from portal import worker
from portal.escalation import sweep as escalation_sweep
from portal.extensions import db
from portal.health.models import Heartbeat
from portal.ladder.ladder import ClockKind
from portal.mail.models import OutboxMail
from portal.tickets.models import Clock as TicketClock
from tests.conftest import Clock, in_utc
from tests.factories import Province
from tests.portal.world import opened

START = in_utc("2016-01-04 09:00")


@contextmanager
def slow_loop(name: str) -> Iterator[list[float]]:
    """As a part of that loop runs, on a stopwatch that goes on by twenty seconds whenever it is looked at."""
    seconds = count(0.0, 20.0)
    pulse = worker.Pulse(db.sessionmaker, name, lambda: next(seconds))
    beaten: list[float] = []
    beat = pulse.beat

    def counted() -> None:
        beat()
        beaten.append(pulse.beaten)

    pulse.beat = counted  # type: ignore[method-assign]
    token = worker.PULSE.set(pulse)
    try:
        yield beaten
    finally:
        worker.PULSE.reset(token)


@pytest.mark.parametrize(("loop", "parts"), [("ladder", worker.LADDER), ("mail", (worker._deliver,))])
def test_a_loop_beats_while_a_long_round_gets_on(
    app: Flask, session: Session, province: Province, clock: Clock, loop: str, parts: tuple[worker.Part, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(escalation_sweep, "TOGETHER", 2)  # tickets in one transaction: there are six
    for _ in range(6):
        opened(session, province.changyi, province.linjiang, START)
    clock.set("2016-01-04 15:00")
    db.session.commit()
    with slow_loop(loop) as beaten:
        worker.one_round(app, db.sessionmaker, clock.now, parts)
    assert len(beaten) >= 2
    assert session.scalars(select(Heartbeat.loop)).all() == [loop]
    done: dict[str, Callable[[], object]] = {
        "ladder": lambda: session.scalar(select(TicketClock.id).where(TicketClock.rung == 1)),
        "mail": lambda: session.scalar(select(OutboxMail.id).where(OutboxMail.sent_at.is_not(None))),
    }
    assert done[loop]()


def test_limits_that_rested_on_assumed_days_are_counted_when_a_release_knows_them(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    clock.set("2026-12-30 16:00")
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    number = ticket.id
    rounds = [worker.NewDays() for _ in range(2)]
    worker.one_round(app, db.sessionmaker, clock.now, (rounds[0].ask, worker._recount))
    assert not session.scalars(select(Recount)).all(), "nothing more is known yet"
    session.add(CalendarYear(year=2027, state=YearState.IN_FORCE, content="", given_at=clock.now, given_by="发行"))
    session.add(CalendarDay(day=date(2027, 1, 1), kind=DayKind.CLOSED, remark="元旦"))
    session.commit()
    forget_calendars(session)
    for _ in range(2):
        worker.one_round(app, db.sessionmaker, clock.now, (rounds[1].ask, worker._recount))
    session.expire_all()
    answer = select(TicketClock).where(TicketClock.ticket_id == number, TicketClock.kind == ClockKind.ANSWER)
    counted = session.scalars(answer).one()
    assert (counted.provisional, counted.due_at) == (False, in_utc("2027-01-04 16:00"))
    assert len(session.scalars(select(Recount)).all()) == 1
