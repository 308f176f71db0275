"""What is older than the retention time is taken away, up to a day that was sealed; the anchor keeps its hash."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from portal.audit.actions import one_at_a_time, record
from portal.audit.models import ANCHOR, AuditMark, AuditRecord
from portal.audit.queries import in_chain
from portal.audit.seals import Seal
from portal.audit.verify import anchor_of
from portal.web.actor import PORTAL


def prune(session: Session, seals: Sequence[Seal], before: datetime, at: datetime) -> int:
    """Take away the records up to the last day that was sealed before `before`; answers how many. Noted in the log.

    Only what the file outside the database vouches for is taken away: the anchor left behind can be compared with it.
    The database itself refuses any other deletion (the triggers of the migration).
    """
    one_at_a_time(session)
    anchor, _ = anchor_of(session)
    last = _last(session, seals, anchor, before)
    if last is None:
        return 0
    session.merge(AuditMark(name=ANCHOR, serial=last.serial, hash=last.hash, at=at))
    session.flush()
    table: Table = AuditRecord.__table__  # type: ignore[assignment]
    gone = session.connection().execute(delete(table).where(table.c.serial <= last.serial)).rowcount
    record(session, PORTAL, "audit.prune", "audit log", at=at, through=last.serial, hash=last.hash, records=gone)
    return gone


def _last(session: Session, seals: Sequence[Seal], anchor: int, before: datetime) -> Seal | None:
    """The newest sealed day of which every record is old enough, if the chain is still as it was sealed."""
    young = select(func.min(AuditRecord.serial)).where(AuditRecord.at >= before, AuditRecord.serial.is_not(None))
    first_young = session.scalar(young)
    for seal in reversed(seals):
        if anchor < seal.serial and (first_young is None or seal.serial < first_young):
            row = session.execute(in_chain(seal.serial)).one_or_none()
            return seal if row and row.hash == seal.hash else None
    return None
