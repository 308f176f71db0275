"""In the morning: what still stands, to the units whose rung was climbed; whom nobody reaches, to their stewards."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime, time, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from directory.calendars import calendar_of, load_calendars
from directory.checks import Findings
from directory.reach import Recipient, reach
from portal.accounts.models import Officer
from portal.contacts.gathering import gather_for_stewards
from portal.escalation.models import Climb, Morning, MorningMail
from portal.escalation.queries import skipped_since, standing_at, told_on, units_with_standing
from portal.mail.compose import post
from portal.mail.letter import Letter, Notice, Why
from portal.tickets.letters import mail_standing, portal_url

log = logging.getLogger(__name__)

MOST_LISTED = 50
"Lines of one mail; of more their number is told."


def tell_mornings(sessions: sessionmaker[Session], at: datetime) -> int:
    """Write the mails of this morning that are not written yet, each unit's in a transaction of its own; how many."""
    told = 0
    for kind, codes in _due(sessions, at):
        for code in codes:
            told += _tell(sessions, kind, code, at)
    return told


def _due(sessions: sessionmaker[Session], at: datetime) -> list[tuple[Morning, list[str]]]:
    """The units, and the stewards' units, that have not been told today and are at work now."""
    with closing(sessions()) as session:
        day = at.astimezone(calendar_of(session, "").tz).date()
        since = _midnight(session, at)
        standing = session.scalars(units_with_standing(since, day)).all()
        load_calendars(session, standing)
        at_work = [code for code in standing if calendar_of(session, code).is_open(at)]
        stewards = _stewards_to_tell(session, at) if calendar_of(session, "").is_open(at) else []
        session.rollback()
    return [(Morning.STANDING, at_work), (Morning.UNREACHABLE, stewards)]


def _tell(sessions: sessionmaker[Session], kind: Morning, code: str, at: datetime) -> int:
    with closing(sessions()) as session:
        try:
            day = at.astimezone(calendar_of(session, "").tz).date()
            session.add(MorningMail(kind=kind, unit_code=code, day=day, at=at))
            session.flush()
            written = (_tell_standing if kind is Morning.STANDING else _tell_unreachable)(session, code, at)
            session.commit()
        except IntegrityError:
            session.rollback()
            return 0
        except Exception:
            session.rollback()
            log.exception("unit %s is not told this morning", code)
            return 0
        return written


def _tell_standing(session: Session, code: str, at: datetime) -> int:
    """One mail to each supervisor of the unit, of all that stands and was escalated to it before today."""
    clocks = session.scalars(standing_at(code, _midnight(session, at))).unique().all()
    recipients = reach(session, [code], at).supervisors(code, at)
    for recipient in recipients if clocks else ():
        mail_standing(session, recipient, clocks[:MOST_LISTED], len(clocks), at)
    return len(recipients) if clocks else 0


def _stewards_to_tell(session: Session, at: datetime) -> list[str]:
    """The units of the stewards in whose part somebody is missing, or a rung reached nobody; of today's, none twice."""
    day = at.astimezone(calendar_of(session, "").tz).date()
    if session.scalar(told_on(Morning.UNREACHABLE, None, day).limit(1)) is not None:
        return []
    found = gather_for_stewards(session, at)
    return list(dict.fromkeys(one.steward.unit_code for one in found if one.findings.silent and one.steward.email))


def _tell_unreachable(session: Session, code: str, at: datetime) -> int:
    told = [one for one in gather_for_stewards(session, at) if one.steward.unit_code == code and one.steward.email]
    skipped = session.scalars(skipped_since(_last_working_day(session, at))).all()
    for one in told:
        _mail_steward(session, one.steward, one.findings, skipped, at)
    return len(told)


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


def _midnight(session: Session, at: datetime) -> datetime:
    """The beginning of the local day."""
    zone = calendar_of(session, "").tz
    return datetime.combine(at.astimezone(zone).date(), time.min, zone)


def _last_working_day(session: Session, at: datetime) -> datetime:
    """The opening of the last day before today on which the province worked; two weeks back at most."""
    calendar = calendar_of(session, "")
    today = at.astimezone(calendar.tz).date()
    opened = (calendar.openings(today - timedelta(days=back)) for back in range(1, 15))
    return next((openings[0][0] for openings in opened if openings), at - timedelta(days=14))
