"""Reading the chain from its beginning, and naming the first record that does not fit; then the days sealed outside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from portal.audit.chain import GENESIS, link
from portal.audit.models import ANCHOR, HEAD
from portal.audit.queries import in_chain, mark, sealed_after
from portal.audit.seals import Seal

BATCH = 1000


class Fault(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    WRONG_LINK = "wrong link"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Broken:
    """The first fault in the chain.

    `serial` is the place in the chain where it is: the record changed, the first serial that is missing, the record
    whose link does not name the one before it, or the one that is another than on the day that was sealed outside.
    `record_id` is that record's id (of the next one there is, where one is missing; None where the tail was cut).
    """

    fault: Fault
    serial: int
    record_id: int | None


def first_broken(session: Session, batch: int = BATCH, seals: Sequence[Seal] = ()) -> Broken | None:
    """The first record of the chain that was changed, taken out or linked anew; None if all is as it was written.

    What was cut off at the end is seen by the mark that sealing sets, and by the days sealed outside the database;
    a chain that was written anew as a whole, by those days alone.
    """
    serial, previous_hash = anchor_of(session)
    for row in _chain(session, serial, batch):
        if fault := _fault(row, serial + 1, previous_hash):
            at = serial + 1 if fault is Fault.MISSING else row["serial"]
            return Broken(fault, at, row["id"])
        serial, previous_hash = row["serial"], row["hash"]
    return _not_as_sealed(session, seals, serial) or _cut(session, serial)


def anchor_of(session: Session) -> tuple[int, str]:
    """After which serial the chain begins, and the hash of that record."""
    anchor = session.scalar(mark(ANCHOR))
    return (anchor.serial, anchor.hash) if anchor else (0, GENESIS)


def _chain(session: Session, serial: int, batch: int) -> Iterator[RowMapping]:
    while rows := session.execute(sealed_after(serial, batch)).mappings().all():
        yield from rows
        serial = rows[-1]["serial"]


def _fault(row: RowMapping, expected_serial: int, previous_hash: str) -> Fault | None:
    content: dict[str, Any] = dict(row)
    if row["serial"] != expected_serial:
        return Fault.MISSING
    if row["previous_hash"] != previous_hash:
        return Fault.WRONG_LINK
    if row["hash"] != link(content, previous_hash):
        return Fault.CHANGED
    return None


def _not_as_sealed(session: Session, seals: Sequence[Seal], last: int) -> Broken | None:
    """The first day on which the chain was another; of what was pruned only the anchor can be compared."""
    anchor, anchor_hash = anchor_of(session)
    for seal in seals:
        if seal.serial > last:
            return Broken(Fault.MISSING, last + 1, None)
        if seal.serial == anchor and seal.hash != anchor_hash:
            return Broken(Fault.REWRITTEN, anchor, None)
        if seal.serial > anchor:
            row = session.execute(in_chain(seal.serial)).one()
            if row.hash != seal.hash:
                return Broken(Fault.REWRITTEN, seal.serial, row.id)
    return None


def _cut(session: Session, last: int) -> Broken | None:
    head = session.scalar(mark(HEAD))
    return Broken(Fault.MISSING, last + 1, None) if head and head.serial > last else None
