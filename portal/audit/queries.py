"""Selects over the audit log."""

from typing import Any

from sqlalchemy import Select, select

from portal.audit.chain import CONTENT
from portal.audit.models import AuditRecord


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
