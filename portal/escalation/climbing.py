"""Climbing the rungs of one ticket: the unique row, the entry, the clock's next instant, and one mail per person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.escalation.digest import hold_line
from portal.escalation.models import Climb
from portal.escalation.queries import mailed_climbs
from portal.mail.compose import post_all
from portal.mail.letter import Letter, Mailed
from portal.tickets.forecast import Command, ForecastRung, rungs_to_come
from portal.tickets.history import line
from portal.tickets.letters import Notice, Told, notice_item, notice_letter
from portal.tickets.models import Clock, Entry, Ticket
from portal.web.actor import PORTAL


@dataclass(frozen=True)
class Rungs:
    """The rungs of a clock, lowest first: those due, those missed while no sweep ran among them; and those after."""

    due: Sequence[ForecastRung]
    left: Sequence[ForecastRung]


def rungs_at(session: Session, clock: Clock, command: Command, at: datetime) -> Rungs:
    """As of `at`: climbing those that are due changes nothing of those after them."""
    rungs = rungs_to_come(session, clock, command)
    return Rungs([rung for rung in rungs if rung.at <= at], [rung for rung in rungs if rung.at > at])


def climb(
    session: Session,
    tickets: Mapping[Ticket, Mapping[Clock, Rungs]],
    crowded: frozenset[str],
    sweep: str,
    at: datetime,
) -> tuple[list[ForecastRung], int]:
    """Climb the rungs of some tickets; (the rungs, the number of mails written).

    An escalation of somebody `crowded`, by address, becomes a line of the one mail that lists all of theirs.
    """
    ladders = [(clock, rungs) for ticket in tickets for clock, rungs in tickets[ticket].items()]
    for clock, rungs in ladders:
        _advance(clock, rungs)
    climbed = [(ticket, rung) for ticket, its_rungs in tickets.items() for rung in _of(its_rungs)]
    _write(session, climbed, at)
    facts = Told(_mailed(session, [clock for clock, _ in ladders]), {clock: rungs.left for clock, rungs in ladders})
    letters = [
        letter
        for ticket, its_rungs in tickets.items()
        for notice in _notices(_of(its_rungs))
        if (letter := _tell(session, ticket, notice, facts, crowded, sweep, at))
    ]
    post_all(session, letters, at)
    return [rung for _, rungs in ladders for rung in rungs.due], len(letters)


def _of(ladders: Mapping[Clock, Rungs]) -> list[ForecastRung]:
    return [rung for rungs in ladders.values() for rung in rungs.due]


def _advance(clock: Clock, rungs: Rungs) -> None:
    """The clock after these rungs: the highest climbed, those passed in silence, and when the next one is due."""
    if rungs.due:
        clock.rung = rungs.due[-1].number
        clock.silent = [*clock.silent, *(rung.number for rung in rungs.due if rung.skipped)]
    clock.next_at = next((rung.at for rung in rungs.left), None)


def _tell(
    session: Session, ticket: Ticket, notice: Notice, told: Told, crowded: frozenset[str], sweep: str, at: datetime
) -> Letter | None:
    """The mail of its own, unless it becomes lines of another."""
    if notice.recipient.address.casefold() in crowded and any(rung.number for rung in notice.asked):
        items = [notice_item(session, ticket, rung, told) for rung in notice.asked]
        hold_line(session, sweep, notice.recipient, items, at)
        return None
    return notice_letter(session, ticket, notice, told)


def _write(session: Session, climbed: Sequence[tuple[Ticket, ForecastRung]], at: datetime) -> None:
    """The rows that say once only that these were climbed, and the entries that tell it."""
    session.flush()
    if climbed:
        session.execute(insert(Climb), [_climb(rung, at) for _, rung in climbed])
        session.execute(insert(Entry), [_entry(ticket, rung, at) for ticket, rung in climbed])


def _climb(rung: ForecastRung, at: datetime) -> dict[str, Any]:
    return {
        "clock_id": rung.clock.id,
        "rung": rung.number,
        "unit_code": rung.unit,
        "planned_at": rung.at,
        "climbed_at": at,
        "recipients": rung.recipients.addresses,
        "skipped": rung.skipped,
    }


def _entry(ticket: Ticket, rung: ForecastRung, at: datetime) -> dict[str, Any]:
    clock = rung.clock
    detail = {"clock": clock.kind, "clock_id": clock.id, "rung": rung.number, "unit": rung.unit,
              "planned_at": rung.at.isoformat(), "recipients": rung.recipients.addresses,
              "copies": rung.recipients.copied, "reason": rung.skipped}  # fmt: skip
    kind = "skipped" if rung.skipped else "climbed"
    return {**line(ticket, kind, PORTAL, at, clock.task), "detail": detail}


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
