"""A worker says that it is alive, once for each round of each of its loops."""

import os
import socket
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.health.models import Heartbeat
from portal.health.queries import FORGOTTEN_AFTER


def worker_name() -> str:
    """Host and process, by which an administrator finds it."""
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def beat(session: Session, worker: str, loop: str, at: datetime, seconds: float) -> None:
    """Write the beat; the first one of a worker takes away those of workers that are long gone."""
    mine = session.get(Heartbeat, (worker, loop))
    if mine is None:
        session.execute(delete(Heartbeat).where(Heartbeat.beat_at < at - FORGOTTEN_AFTER))
        mine = Heartbeat(worker=worker, loop=loop, started_at=at)
        session.add(mine)
    mine.beat_at, mine.seconds = at, round(seconds, 3)
