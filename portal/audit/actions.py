"""Writing the audit log, and sealing it into a chain."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.chain import CONTENT, GENESIS, link
from portal.audit.models import ANCHOR, HEAD, AuditMark, AuditRecord
from portal.audit.queries import last_sealed, mark, unsealed
from portal.web.actor import Actor

SEALING_LOCK = 0x4455_494A  # "DUIJ", the key of an advisory lock
MAXIMUM = {"actor": 120, "address": 45, "object": 120}


def record(
    session: Session,
    actor: Actor,
    action: str,
    object: str = "",  # noqa: A002  the word of the log
    *,
    at: datetime,
    **detail: Any,
) -> AuditRecord:
    """Note that `actor` did `action` to `object`; `detail` is JSON, and never a citizen's data. Inserts only."""
    noted = AuditRecord(
        at=at,
        actor=actor.name[: MAXIMUM["actor"]],
        officer_id=actor.officer_id,
        token_id=actor.token_id,
        unit_code=actor.unit_code,
        address=actor.address[: MAXIMUM["address"]],
        action=action,
        object=object[: MAXIMUM["object"]],
        detail=detail,
    )
    session.add(noted)
    return noted


def seal(session: Session, limit: int = 1000) -> int:
    """Take up to `limit` unsealed records into the chain, in order of their ids; answers how many.

    Several workers may call it at once: on PostgreSQL they wait for one another at an advisory lock that ends with
    the transaction, on SQLite the transaction itself is the lock. The unique serial would stop a fork in any case.
    """
    session.flush()
    one_at_a_time(session)
    serial, previous_hash = _end(session)
    taken = session.scalars(unsealed(limit).execution_options(populate_existing=True)).all()
    for serial, noted in enumerate(taken, start=serial + 1):  # noqa: B020  goes on from the last serial
        previous_hash = _append(noted, serial, previous_hash)
    if taken:
        session.merge(AuditMark(name=HEAD, serial=serial, hash=previous_hash, at=taken[-1].at))
    session.flush()
    return len(taken)


def one_at_a_time(session: Session) -> None:
    """Until the transaction ends, nobody else seals or prunes; whoever only writes the log does not wait."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(SEALING_LOCK)))


def _end(session: Session) -> tuple[int, str]:
    """The serial and hash that the next record follows: the last one's, or the anchor's where all are taken away."""
    end = session.scalar(last_sealed().execution_options(populate_existing=True))
    if end:
        return end.serial or 0, end.hash or GENESIS
    anchor = session.scalar(mark(ANCHOR).execution_options(populate_existing=True))
    return (anchor.serial, anchor.hash) if anchor else (0, GENESIS)


def _append(noted: AuditRecord, serial: int, previous_hash: str) -> str:
    noted.serial = serial
    noted.previous_hash = previous_hash
    noted.hash = link({name: getattr(noted, name) for name in CONTENT}, previous_hash)
    return noted.hash
