"""Reading the chain from its beginning, and naming the first record that does not fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from portal.audit.chain import GENESIS, link
from portal.audit.queries import sealed_after

BATCH = 1000


class Fault(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    WRONG_LINK = "wrong link"


@dataclass(frozen=True)
class Broken:
    """The first fault in the chain.

    `serial` is the place in the chain where it is: the record changed, the first serial that is missing, or the
    record whose link does not name the one before it. `record_id` is that record's id (of the next one there is,
    where one is missing).
    """

    fault: Fault
    serial: int
    record_id: int


def first_broken(session: Session, batch: int = BATCH) -> Broken | None:
    """The first record of the chain that was changed, taken out or linked anew; None if all is as it was written.

    What was cut off at the very end cannot be seen from inside: keep the last serial and hash elsewhere.
    """
    serial, previous_hash = 0, GENESIS
    for row in _chain(session, batch):
        if fault := _fault(row, serial + 1, previous_hash):
            at = serial + 1 if fault is Fault.MISSING else row["serial"]
            return Broken(fault, at, row["id"])
        serial, previous_hash = row["serial"], row["hash"]
    return None


def _chain(session: Session, batch: int) -> Iterator[RowMapping]:
    serial = 0
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
