"""Which sheet the worker is at, and how far: said beside the work, which shows nothing until its transaction ends."""

from contextlib import closing, suppress
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import Engine, delete, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from directory.imports import ImportProgress, ImportRecord, ImportState
from directory.progress import Told
from portal.clock import now
from portal.extensions import impatient

SECONDS = 1.0
"Said at most so often."
GIVEN_UP = timedelta(minutes=2)
"A worker that has said nothing for so long is at it no more: another takes the sheet over."
STEPS = (ImportState.RECEIVED, ImportState.APPLYING)


def take_on(sessions: sessionmaker[Session], at: datetime) -> int | None:
    """The id of the next sheet that waits, which no other worker takes on now; None if none does."""
    with closing(sessions()) as session:
        progress = ImportProgress.at <= at - GIVEN_UP
        free = or_(ImportProgress.import_id.is_(None), progress)
        waiting = select(ImportRecord.id).outerjoin(ImportProgress, ImportProgress.import_id == ImportRecord.id)
        first = waiting.where(ImportRecord.state.in_(STEPS), free).order_by(ImportRecord.id).limit(1)
        key = session.scalar(first.with_for_update(skip_locked=True, of=ImportRecord))
        if key is not None:
            session.merge(ImportProgress(import_id=key, share=0, at=at))
            session.commit()
        return key


def telling(engine: Engine, key: int) -> Told:
    """What the work on this sheet calls with how far it is; where nobody else can write meanwhile it goes unsaid."""
    said = monotonic()

    def tell(share: float) -> None:
        nonlocal said
        if monotonic() - said < SECONDS:
            return
        said = monotonic()
        known = update(ImportProgress).where(ImportProgress.import_id == key)
        with suppress(DBAPIError), impatient(engine) as connection, connection.begin():
            connection.execute(known.values(share=int(share * 100), at=now()))

    return tell


def end(session: Session, key: int) -> None:
    """Part of the transaction that ends the work, whatever came of it."""
    session.execute(delete(ImportProgress).where(ImportProgress.import_id == key))


def share_of(session: Session, key: int) -> int:
    """Per cent of the step that is done, as far as it was said."""
    return session.scalar(select(ImportProgress.share).where(ImportProgress.import_id == key)) or 0
