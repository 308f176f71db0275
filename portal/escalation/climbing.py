"""Climbing the rungs of some tickets: the unique rows, the entries, the clocks' next instants, one mail per person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, bindparam, insert, update
from sqlalchemy.orm import Session

from portal.escalation.digest import line_of
from portal.escalation.models import Climb, DigestLine
from portal.escalation.queries import mailed_climbs
from portal.mail.compose import post_all
from portal.mail.letter import Letter, Mailed
from portal.postgresql import sent_ahead
from portal.tickets.forecast import ForecastRung, Rungs
from portal.tickets.history import line
from portal.tickets.letters import Notice, Told, notice_item, notice_letter
from portal.tickets.models import Clock, Entry, Ticket
from portal.web.actor import PORTAL


@dataclass(frozen=True)
class Sweep:
    """What is known beforehand, whichever tickets are climbed."""

    name: str
    at: datetime
    crowded: frozenset[str]
    "by address: who is told of so much that one mail lists it"
    names: Mapping[str, str]
    "of the units"


def climb(
    session: Session, tickets: Mapping[Ticket, Mapping[Clock, Rungs]], sweep: Sweep
) -> tuple[list[ForecastRung], int]:
    """Climb the rungs of some tickets; (the rungs, the number of mails written).

    What is written goes in together, whatever the number of tickets. An escalation of somebody crowded becomes a line
    of the one mail that lists all of theirs.
    """
    ladders = [(clock, rungs) for ticket in tickets for clock, rungs in tickets[ticket].items()]
    climbed = [(ticket, rung) for ticket, its_rungs in tickets.items() for rung in _of(its_rungs)]
    _insert(session, Climb, [_climb(rung, sweep.at) for _, rung in climbed])
    facts = Told(_mailed(session, ladders), {clock: rungs.following for clock, rungs in ladders}, sweep.names)
    letters, lines = _told(session, tickets, facts, sweep)
    with sent_ahead(session):
        _advance(session, ladders)
        _insert(session, Entry, [_entry(ticket, rung, sweep.at) for ticket, rung in climbed])
        _insert(session, DigestLine, lines)
        post_all(session, letters, sweep.at)
    return [rung for _, rung in climbed], len(letters)


def _of(ladders: Mapping[Clock, Rungs]) -> list[ForecastRung]:
    return [rung for rungs in ladders.values() for rung in rungs.due]


def _insert(session: Session, model: type[Climb | Entry | DigestLine], rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that nobody asks for again, neither as objects nor by their ids."""
    if rows:
        session.execute(insert(model.__table__).inline(), rows)  # type: ignore[arg-type]


def _advance(session: Session, ladders: Sequence[tuple[Clock, Rungs]]) -> None:
    """The clocks after these rungs, in the database alone: the highest climbed, those passed in silence, the next."""
    if ladders:
        session.connection().execute(_ADVANCED, [_advanced(clock, rungs) for clock, rungs in ladders])


def _advanced(clock: Clock, rungs: Rungs) -> dict[str, Any]:
    silent = [rung.number for rung in rungs.due if rung.skipped]
    return {
        "clock": clock.id,
        "climbed": rungs.due[-1].number if rungs.due else clock.rung,
        "silences": [*(clock.silent or ()), *silent],
        "next": rungs.next_at,
    }


def _advancing() -> Update:
    columns = Clock.__table__.c
    values = {"climbed": columns.rung, "silences": columns.silent, "next": columns.next_at}
    given = {column: bindparam(name, type_=column.type) for name, column in values.items()}
    return update(Clock.__table__).where(columns.id == bindparam("clock")).values(given)  # type: ignore[arg-type]


_ADVANCED = _advancing()
"Built once."


def _told(
    session: Session, tickets: Mapping[Ticket, Mapping[Clock, Rungs]], told: Told, sweep: Sweep
) -> tuple[list[Letter], list[dict[str, Any]]]:
    """The mails of their own, and the lines of those that are listed."""
    letters, lines = [], []
    for ticket, its_rungs in tickets.items():
        for notice in _notices(_of(its_rungs)):
            if _is_listed(notice, sweep):
                items = [notice_item(session, ticket, rung, told) for rung in notice.asked]
                lines += [line_of(sweep.name, sweep.at, notice.recipient, item) for item in items]
            else:
                letters.append(notice_letter(session, ticket, notice, told))
    return letters, lines


def _is_listed(notice: Notice, sweep: Sweep) -> bool:
    return notice.recipient.address.casefold() in sweep.crowded and any(rung.number for rung in notice.asked)


def _climb(rung: ForecastRung, at: datetime) -> dict[str, Any]:
    return {
        "clock_id": rung.clock.id,
        "rung": rung.number,
        "unit_code": rung.unit,
        "planned_at": rung.at,
        "climbed_at": at,
        "recipients": rung.recipients.addresses,
        "skipped": rung.skipped,
        "runs_out_at": rung.clock.due_at,
    }


def _entry(ticket: Ticket, rung: ForecastRung, at: datetime) -> dict[str, Any]:
    clock = rung.clock
    detail = {"clock": clock.kind, "clock_id": clock.id, "rung": rung.number, "unit": rung.unit,
              "planned_at": rung.at.isoformat(), "recipients": rung.recipients.addresses,
              "copies": rung.recipients.copied, "reason": rung.skipped}  # fmt: skip
    kind = "skipped" if rung.skipped else "climbed"
    return {**line(ticket, kind, PORTAL, at, clock.task), "detail": detail}


def _mailed(session: Session, ladders: Collection[tuple[Clock, Rungs]]) -> dict[int, list[tuple[int, Mailed]]]:
    """Of each clock the rungs at which somebody was mailed, those of this moment included.

    Not asked of clocks below the second rung: whoever is told of the first is the first who is.
    """
    clocks = [clock.id for clock, rungs in ladders if rungs.due and rungs.due[-1].number > 1]
    mailed: dict[int, list[tuple[int, Mailed]]] = defaultdict(list)
    for clock, rung, unit, climbed_at in session.execute(mailed_climbs(clocks)) if clocks else ():
        mailed[clock].append((rung, Mailed(unit=unit, at=climbed_at)))
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
