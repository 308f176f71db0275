"""What the heartbeats tell."""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from portal.health.models import Heartbeat

LADDER, MAIL, WEBHOOKS = "ladder", "mail", "webhooks"
LOOPS = (LADDER, MAIL, WEBHOOKS)
FOR_EVERYBODY = (LADDER, MAIL)
"What officers work by: every page says so when one of these stands still."
SILENT_AFTER = timedelta(minutes=5)
"Without a beat for so long a loop is taken to stand still."
FORGOTTEN_AFTER = timedelta(days=7)


def last_beats() -> Select[str, datetime]:
    """Each loop with the instant at which any worker last went round it."""
    return select(Heartbeat.loop, func.max(Heartbeat.beat_at)).group_by(Heartbeat.loop)


def workers() -> Select[Heartbeat]:
    """Every worker's loops, the latest beat first."""
    return select(Heartbeat).order_by(Heartbeat.beat_at.desc(), Heartbeat.worker, Heartbeat.loop)
