"""What a receiver's answers mean for its web hook: it is left in peace for a while, and stopped after long failure."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.reach import Recipient, reach
from portal.audit.actions import record as audit
from portal.mail.compose import post
from portal.mail.letter import Letter, Notice, Why
from portal.tickets.letters import portal_url
from portal.web.actor import PORTAL
from portal.webhooks.models import UNDERWAY, Stop, Webhook, WebhookDelivery
from portal.webhooks.queries import administrators
from portal.webhooks.verdict import PAUSE, Fate, Verdict, too_long


def note_taken(webhook: Webhook) -> None:
    """The receiver is well."""
    webhook.failing_since = webhook.held_until = None


def note_trouble(session: Session, webhook: Webhook, verdict: Verdict, now: datetime) -> bool:
    """It could not be told; whether the web hook stands now, so that what waits is kept until somebody starts it."""
    webhook.failing_since = webhook.failing_since or now
    if verdict.fate is Fate.UNREACHABLE:
        webhook.held_until = now + PAUSE
    if webhook.stopped_at is None:
        if verdict.fate is Fate.GONE:
            _stop(session, webhook, Stop.GONE, verdict, now)
        elif too_long(webhook.failing_since, now):
            _stop(session, webhook, Stop.FAILING, verdict, now)
    return webhook.stopped_at is not None


def _stop(session: Session, webhook: Webhook, because: Stop, verdict: Verdict, now: datetime) -> None:
    """Once, with a mail to whoever can mend it."""
    webhook.stopped_at, webhook.stopped_because = now, because
    audit(session, PORTAL, "webhook.stopped", f"webhook {webhook.id}", at=now, because=because)
    notice = _notice(session, webhook, verdict, now)
    url = portal_url(f"/webhooks/{webhook.id}")
    for recipient, why in _recipients(session, webhook, now):
        letter = Letter("webhook-stopped", recipient, why=why, unit=webhook.unit.name, url=url, notice=notice)
        post(session, letter, now)


def _notice(session: Session, webhook: Webhook, verdict: Verdict, now: datetime) -> Notice:
    underway = WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state.in_(UNDERWAY)
    return {
        "unit": webhook.unit.name,
        "system": webhook.label,
        "since": webhook.failing_since or now,
        "words": verdict.words,
        "waiting": session.scalar(select(func.count()).where(*underway)) or 0,
    }


def _recipients(session: Session, webhook: Webhook, now: datetime) -> Sequence[tuple[Recipient, Why]]:
    """The administrators of the nearest unit that has any; where nobody is, the supervisors of the unit itself."""
    today = now.astimezone(calendar_of(session, "").tz).date()
    found = session.scalars(administrators(webhook.unit_code, today)).all()
    nearest = [each for each in found if each.unit_code == found[0].unit_code]
    if nearest:
        return [(Recipient(each.email or "", each.name, each.language, each.unit_code), Why.ADMINISTRATOR)
                for each in nearest]  # fmt: skip
    supervisors = reach(session, [webhook.unit_code], now).supervisors(webhook.unit_code, now)
    return [(each, Why.SUPERVISOR) for each in supervisors]
