"""Climbing the rungs of one ticket: the unique row, the entry, the clock's next instant, and one mail per person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.escalation.digest import hold_line
from portal.escalation.models import Climb
from portal.escalation.queries import mailed_climbs
from portal.mail.letter import Mailed
from portal.tickets.forecast import Command, ForecastRung, rungs_to_come
from portal.tickets.history import record
from portal.tickets.letters import Notice, mail_notice, notice_item
from portal.tickets.models import Clock, Ticket
from portal.web.actor import PORTAL

Rungs = Mapping[Clock, Sequence[ForecastRung]]


def due_rungs(session: Session, clock: Clock, command: Command, at: datetime) -> list[ForecastRung]:
    """The rungs of a clock that are to be climbed at `at`, lowest first; those missed while no sweep ran among them."""
    return [rung for rung in rungs_to_come(session, clock, command) if rung.at <= at]


def climb(
    session: Session,
    ticket: Ticket,
    rungs: Rungs,
    command: Command,
    crowded: frozenset[str],
    sweep: str,
    at: datetime,
) -> tuple[list[ForecastRung], int]:
    """Climb the rungs of a ticket; (the rungs, the number of mails written).

    An escalation of somebody `crowded`, by address, becomes a line of the one mail that lists all of theirs.
    """
    climbed = [rung for clock in rungs for rung in rungs[clock]]
    for clock, its_rungs in rungs.items():
        _advance(session, clock, its_rungs, command, at)
    for rung in climbed:
        _write(session, ticket, rung, at)
    session.flush()
    messages = 0
    mailed = _mailed(session, rungs)
    for notice in _notices(climbed):
        if notice.recipient.address.casefold() in crowded and any(rung.number for rung in notice.asked):
            items = [notice_item(session, ticket, rung, command, mailed) for rung in notice.asked]
            hold_line(session, sweep, notice.recipient, items, at)
        else:
            mail_notice(session, ticket, notice, command, mailed, at)
            messages += 1
    return climbed, messages


def _advance(session: Session, clock: Clock, rungs: Sequence[ForecastRung], command: Command, at: datetime) -> None:
    """The clock after these rungs: the highest climbed, those passed in silence, and when the next one is due."""
    if rungs:
        clock.rung = rungs[-1].number
        clock.silent = [*clock.silent, *(rung.number for rung in rungs if rung.skipped)]
    clock.next_at = next((rung.at for rung in rungs_to_come(session, clock, command)), None)


def _write(session: Session, ticket: Ticket, rung: ForecastRung, at: datetime) -> None:
    clock, addresses = rung.clock, rung.recipients.addresses
    session.add(
        Climb(
            clock_id=clock.id,
            rung=rung.number,
            unit_code=rung.unit,
            planned_at=rung.at,
            climbed_at=at,
            recipients=addresses,
            skipped=rung.skipped,
        )
    )
    record(session, ticket, "skipped" if rung.skipped else "climbed", PORTAL, at, task=clock.task, clock=clock.kind,
           clock_id=clock.id, rung=rung.number, unit=rung.unit, planned_at=rung.at.isoformat(), recipients=addresses,
           copies=rung.recipients.copied, reason=rung.skipped)  # fmt: skip


def _mailed(session: Session, clocks: Collection[Clock]) -> dict[int, list[tuple[int, Mailed]]]:
    """Of each clock the rungs at which somebody was mailed, those of this moment included."""
    mailed: dict[int, list[tuple[int, Mailed]]] = defaultdict(list)
    for climb in session.scalars(mailed_climbs([clock.id for clock in clocks])):
        mailed[climb.clock_id].append((climb.rung, Mailed(unit=climb.unit.name, at=climb.climbed_at)))
    return mailed


def _notices(rungs: Sequence[ForecastRung]) -> list[Notice]:
    """One per person, whatever the number of rungs; who is asked of a rung has no copy of it."""
    notices: dict[str, Notice] = {}
    for rung in rungs:
        if rung.skipped:
            continue
        for recipient in rung.recipients.to:
            notices.setdefault(recipient.address.casefold(), Notice(recipient)).asked.append(rung)
        for recipient in rung.recipients.copies:
            notices.setdefault(recipient.address.casefold(), Notice(recipient)).copied.append(rung)
    return list(notices.values())
