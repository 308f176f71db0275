"""Selects over the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from portal.audit.chain import CONTENT
from portal.audit.models import AuditMark, AuditRecord


def last_sealed() -> Select[AuditRecord]:
    """The end of the chain."""
    return select(AuditRecord).where(AuditRecord.serial.is_not(None)).order_by(AuditRecord.serial.desc()).limit(1)


def unsealed(limit: int) -> Select[AuditRecord]:
    """What is not yet in the chain, oldest first."""
    return select(AuditRecord).where(AuditRecord.serial.is_(None)).order_by(AuditRecord.id).limit(limit)


def sealed_after(serial: int, limit: int) -> Select[*tuple[Any, ...]]:
    """The chain from `serial` on, as plain rows: the fields that are hashed, and the links."""
    columns = [getattr(AuditRecord, name) for name in (*CONTENT, "previous_hash", "hash")]
    return select(*columns).where(AuditRecord.serial > serial).order_by(AuditRecord.serial).limit(limit)


@dataclass(frozen=True)
class AuditFilter:
    """What the auditor looks for; what is empty does not matter."""

    who: str = ""
    what: str = ""
    "a kind of deed: ticket, sign-in; or one deed: ticket.open"
    object: str = ""
    "a ticket with all that hangs on it, an officer …"
    unit: str = ""
    since: datetime | None = None
    before: datetime | None = None


def filtered(wanted: AuditFilter) -> Select[AuditRecord]:
    """The records that fit, the newest first; each condition has an index that goes on by id."""
    found = select(AuditRecord).where(*_conditions(wanted))
    return found.order_by(AuditRecord.id.desc())


def mark(name: str) -> Select[AuditMark]:
    return select(AuditMark).where(AuditMark.name == name)


def in_chain(serial: int) -> Select[*tuple[Any, ...]]:
    """The id and hash of one record of the chain."""
    return select(AuditRecord.id, AuditRecord.hash).where(AuditRecord.serial == serial)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    asked: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (wanted.who, lambda who: AuditRecord.actor == who),
        (wanted.what, lambda what: _itself_or_below(AuditRecord.action, what, ".", "/")),
        (wanted.object, lambda what: _itself_or_below(AuditRecord.object, what, " ", "!")),
        (wanted.unit, lambda code: AuditRecord.unit_code == code),
        (wanted.since, lambda at: AuditRecord.at >= at),
        (wanted.before, lambda at: AuditRecord.at < at),
    ]
    return [condition(given) for given, condition in asked if given]


def _itself_or_below(column: Any, value: str, separator: str, after: str) -> ColumnElement[bool]:
    """The value, or what begins with it and the separator: a range of the index; `after` is the next code point."""
    return or_(column == value, (column > value + separator) & (column < value + after))
