"""The figures of the whole portal, read from the database when they are asked for: every web server tells the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.freshness import STALE, ContactState
from directory.models import Contact
from portal.config import Settings
from portal.escalation.models import Climb
from portal.health.gathering import disk_of, readiness, waiting
from portal.health.models import Heartbeat
from portal.mail.models import IS_DUE, MailState, OutboxMail
from portal.tickets.models import Clock
from portal.webhooks.models import IS_UNDERWAY, WebhookDelivery

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMES_BACK_WITHIN = timedelta(days=8)
"After that no bounce is expected any more."


@dataclass(frozen=True)
class Figure:
    """A gauge: its values by what stands in its one label, `""` where it has none."""

    name: str
    says: str
    values: dict[str, float] = field(default_factory=dict)
    label: str = ""


def figures(session: Session, settings: Settings, at: datetime) -> Iterator[Figure]:
    """All of them; only what is well or ill, and the disk, while the database does not answer."""
    ill = readiness(session, settings, at)
    yield Figure("duijie_ready", "1 where a check of /readyz is well, 0 where it is ill.",
                 {name: float(not why) for name, why in ill.items()}, "check")  # fmt: skip
    yield Figure("duijie_disk_free_bytes", "Left on the disk of the instance folder.",
                 {"": disk_of(settings.instance).free})  # fmt: skip
    try:
        yield from (*_of_workers(session, at), *_of_ladder(session, at), *_of_mail(session, at), *_of_rest(session, at))
    except SQLAlchemyError:
        session.rollback()


def _of_workers(session: Session, at: datetime) -> Iterator[Figure]:
    latest = select(Heartbeat.loop, func.max(Heartbeat.beat_at)).group_by(Heartbeat.loop)
    ages = {loop: (at - beat).total_seconds() for loop, beat in session.execute(latest)}
    yield Figure("duijie_worker_beat_age_seconds", "Since a worker last went round a loop.", ages, "loop")
    longest = select(Heartbeat.loop, func.max(Heartbeat.seconds)).where(Heartbeat.beat_at >= at - HOUR)
    rounds = dict(session.execute(longest.group_by(Heartbeat.loop)).all())
    yield Figure("duijie_worker_round_seconds", "The last round of the slowest worker; the ladder's is the sweep.",
                 rounds, "loop")  # fmt: skip


def _of_ladder(session: Session, at: datetime) -> Iterator[Figure]:
    runs = Clock.stopped_at.is_(None), Clock.next_at.is_not(None)
    due = select(func.count(Clock.id)).where(*runs, Clock.next_at <= at)
    climbed = select(func.count(Climb.id)).where(Climb.climbed_at > at - HOUR)
    yield _one(session, "duijie_rungs_due", "Clocks with a rung due that is not climbed yet.", due)
    yield _one(session, "duijie_rungs_climbed_last_hour", "Rungs climbed or skipped within the last hour.", climbed)


def _of_mail(session: Session, at: datetime) -> Iterator[Figure]:
    states = select(OutboxMail.state, func.count(OutboxMail.id)).where(text(IS_DUE)).group_by(OutboxMail.state)
    known = dict.fromkeys((MailState.QUEUED, MailState.SENDING, MailState.DEFERRED, MailState.UNKNOWN), 0)
    counted = {str(state): float(count) for state, count in (known | dict(session.execute(states).all())).items()}
    yield Figure("duijie_outbox_mails", "Mails on their way, by state.", counted, "state")
    oldest = waiting(session, at).oldest
    yield Figure("duijie_outbox_oldest_seconds", "How long the oldest mail on its way has waited; 0: there is none.",
                 {"": (at - oldest).total_seconds() if oldest else 0.0})  # fmt: skip
    yield _one(session, "duijie_mails_sent_last_hour", "Mails that left within the last hour.",
               select(func.count(OutboxMail.id)).where(OutboxMail.sent_at > at - HOUR))  # fmt: skip
    lately = OutboxMail.sent_at > at - COMES_BACK_WITHIN
    yield _one(session, "duijie_mails_bounced_last_day", "Mails that came back within the last day.",
               select(func.count(OutboxMail.id)).where(lately, OutboxMail.bounced_at > at - DAY))  # fmt: skip


def _of_rest(session: Session, at: datetime) -> Iterator[Figure]:
    yield _one(session, "duijie_webhook_deliveries", "Events on their way to other systems.",
               select(func.count(WebhookDelivery.id)).where(text(IS_UNDERWAY)))  # fmt: skip
    known = (calendar_of(session, "").known_until - at.date()).days
    yield Figure("duijie_calendar_known_days", "Days ahead for which working days are known.", {"": known})
    yield Figure("duijie_contacts", "Contacts in use, by what is to be thought of them.",
                 _contacts(session, at), "state")  # fmt: skip


def _contacts(session: Session, at: datetime) -> dict[str, float]:
    """Stale: nobody has confirmed it, nor has it answered, for a quarter and more."""
    fresh = or_(Contact.verified_at >= at - STALE, Contact.answered_at >= at - STALE)
    doubted = Contact.state.in_([ContactState.BOUNCING, ContactState.SUSPECT])
    state = case((doubted, Contact.state), (and_(fresh, ~doubted), "fresh"), else_="stale")
    counted = select(state, func.count(Contact.id)).where(Contact.state != ContactState.RETIRED).group_by(state)
    none = dict.fromkeys(("fresh", "stale", "bouncing", "suspect"), 0.0)
    return none | {str(name): float(count) for name, count in session.execute(counted)}


def _one(session: Session, name: str, says: str, count: Select[int]) -> Figure:
    return Figure(name, says, {"": float(session.scalar(count) or 0)})
