"""In the morning: what still stands, to the units whose rung was climbed; whom nobody reaches, to their stewards."""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import calendar_of, load_calendars
from directory.checks import Findings
from directory.reach import Recipient, reach
from portal.accounts.models import Officer
from portal.contacts.gathering import gather_for_stewards
from portal.escalation.models import Climb, Morning, MorningMail
from portal.escalation.queries import as_told, skipped_since, standing_at, told_on, units_with_standing
from portal.mail.compose import post
from portal.mail.letter import Letter, Notice, Why
from portal.tickets.letters import mail_standing, portal_url

log = logging.getLogger(__name__)

MOST_LISTED = 50
"Lines of one mail; of more their number is told."


def tell_mornings(sessions: sessionmaker[Session], at: datetime) -> int:
    """Write the mails of this morning that are not written yet; how many.

    Each unit's in a transaction of its own; those of the stewards, of whom one search tells, in one for all.
    """
    told = sum(_told(sessions, code, partial(_tell_standing, code=code, at=at)) for code in _standing(sessions, at))
    return told + _told(sessions, "of the stewards", partial(_tell_stewards, at=at))


def _standing(sessions: sessionmaker[Session], at: datetime) -> list[str]:
    """The units that have not been told today what stands, and are at work now."""
    with closing(sessions()) as session:
        standing = session.scalars(units_with_standing(_midnight(session, at), _day(session, at))).all()
        load_calendars(session, standing)
        at_work = [code for code in standing if calendar_of(session, code).is_open(at)]
        session.rollback()
    return at_work


def _told(sessions: sessionmaker[Session], whom: str, tell: Callable[[Session], int]) -> int:
    """How many mails were written; none where another worker was quicker, or where it failed."""
    with closing(sessions()) as session:
        try:
            written = tell(session)
            session.commit()
        except IntegrityError:
            session.rollback()
            return 0
        except Exception:
            session.rollback()
            log.exception("unit %s: nothing is told this morning", whom)
            return 0
        return written


def _tell_standing(session: Session, code: str, at: datetime) -> int:
    """One mail to each supervisor of the unit, of all that stands and was escalated to it before today."""
    _note_told(session, Morning.STANDING, [code], at)
    standing = standing_at(code, _midnight(session, at))
    clocks = session.scalars(as_told(standing.limit(MOST_LISTED))).all()
    number = session.scalar(select(func.count()).select_from(standing.order_by(None).subquery())) or 0
    recipients = reach(session, [code], at).supervisors(code, at)
    for recipient in recipients if clocks else ():
        mail_standing(session, recipient, clocks, number, at)
    return len(recipients) if clocks else 0


def _tell_stewards(session: Session, at: datetime) -> int:
    """One mail to each steward in whose part somebody is missing, with the rungs that reached nobody there."""
    told = told_on(Morning.UNREACHABLE, None, _day(session, at)).limit(1)
    if not calendar_of(session, "").is_open(at) or session.scalar(told) is not None:
        return 0
    found = [one for one in gather_for_stewards(session, at) if one.findings.silent and one.steward.email]
    _note_told(session, Morning.UNREACHABLE, {one.steward.unit_code for one in found}, at)
    skipped = session.scalars(skipped_since(_last_working_day(session, at))).all() if found else ()
    for one in found:
        _mail_steward(session, one.steward, one.findings, skipped, at)
    return len(found)


def _note_told(session: Session, kind: Morning, codes: Iterable[str], at: datetime) -> None:
    """The unique rows; IntegrityError where another worker has told them."""
    day = _day(session, at)
    session.add_all(MorningMail(kind=kind, unit_code=code, day=day, at=at) for code in sorted(codes))
    session.flush()


def _mail_steward(
    session: Session, steward: Officer, findings: Findings, skipped: Sequence[Climb], at: datetime
) -> None:
    codes = {one.unit.code for one in findings.silent}
    notice: Notice = {
        "unit": steward.unit.name,
        "silent": [
            {"unit": one.unit.name, "rung": str(one.rung), "ladders": one.ladders}
            for one in findings.silent[:MOST_LISTED]
        ],
        "silent_count": len(findings.silent),
        "skipped": [
            {"number": climb.clock.ticket.number, "unit": climb.unit.name, "at": climb.climbed_at}
            for climb in _of(skipped, codes)
        ],
    }
    to = Recipient(steward.email or "", steward.name, steward.language, steward.unit_code)
    url = portal_url("/directory/check")
    post(session, Letter("unreachable", to, why=Why.STEWARD, unit=steward.unit.name, url=url, notice=notice), at)


def _of(skipped: Iterable[Climb], codes: set[str]) -> list[Climb]:
    return [climb for climb in skipped if climb.unit_code in codes][:MOST_LISTED]


def _day(session: Session, at: datetime) -> date:
    return at.astimezone(calendar_of(session, "").tz).date()


def _midnight(session: Session, at: datetime) -> datetime:
    """The beginning of the local day."""
    return datetime.combine(_day(session, at), time.min, calendar_of(session, "").tz)


def _last_working_day(session: Session, at: datetime) -> datetime:
    """The opening of the last day before today on which the province worked; two weeks back at most."""
    calendar, today = calendar_of(session, ""), _day(session, at)
    opened = (calendar.openings(today - timedelta(days=back)) for back in range(1, 15))
    return next((openings[0][0] for openings in opened if openings), at - timedelta(days=14))
