"""The audit log: append-only, chained by hash when sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Connection, Index, Integer, String, event, inspect
from sqlalchemy.orm import Mapped, Mapper, ORMExecuteState, Session, mapped_column

from directory.base import Model, ordered_string


class AuditRecord(Model):
    """One thing somebody did, saw or failed at.

    A writer only inserts; `serial`, `previous_hash` and `hash` are filled by sealing, in order, in batches, so that
    writers never wait for one another.
    """

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("ix_audit_record_serial", "serial", unique=True),
        Index("ix_audit_record_actor_id", "actor", "id"),
        Index("ix_audit_record_action_id", "action", "id"),
        Index("ix_audit_record_object_id", "object", "id"),
        Index("ix_audit_record_unit_code_id", "unit_code", "id"),
        Index("ix_audit_record_at_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    officer_id: Mapped[int | None] = mapped_column(comment="not a foreign key: the log outlives the account")
    token_id: Mapped[int | None]
    unit_code: Mapped[str | None] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(45), default="")
    action: Mapped[str] = mapped_column(ordered_string(60), comment="what was done: ticket.open, sign-in.failed")
    object: Mapped[str] = mapped_column(
        ordered_string(120), default="", comment="what it was done to: ticket XB2016-000123-7"
    )
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, comment="never a citizen's data")
    serial: Mapped[int | None] = mapped_column(
        comment="place in the chain, from 1, without gaps; null: not yet sealed", active_history=True
    )
    previous_hash: Mapped[str | None] = mapped_column(String(64), active_history=True)
    hash: Mapped[str | None] = mapped_column(String(64), active_history=True)


class AuditMark(Model):
    """Two places in the chain: its `head`, and the `anchor`, the last record that was taken away as too old."""

    __tablename__ = "audit_mark"

    name: Mapped[str] = mapped_column(String(10), primary_key=True, comment="head or anchor")
    serial: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


HEAD, ANCHOR = "head", "anchor"
SEAL = frozenset({"serial", "previous_hash", "hash"})


class AppendOnly(RuntimeError):  # noqa: N818  the law that was broken
    """Something in the program tried to change or remove what the audit log holds."""


@event.listens_for(AuditRecord, "before_update")
def _only_sealed(_mapper: Mapper[AuditRecord], _connection: Connection, noted: AuditRecord) -> None:
    """A change of a record may fill its seal, once, and nothing else."""
    for attribute in inspect(noted).attrs:
        history = attribute.history
        filled = attribute.key in SEAL and list(history.deleted or ()) in ([], [None])
        if history.has_changes() and not filled:
            raise AppendOnly(f"audit record {noted.id}: {attribute.key} may not be changed")


@event.listens_for(AuditRecord, "before_delete")
def _never_deleted(_mapper: Mapper[AuditRecord], _connection: Connection, noted: AuditRecord) -> None:
    raise AppendOnly(f"audit record {noted.id} may not be removed")


@event.listens_for(Session, "do_orm_execute")
def _never_in_bulk(state: ORMExecuteState) -> None:
    table = getattr(state.statement, "table", None)
    if (state.is_update or state.is_delete) and getattr(table, "name", "") == AuditRecord.__tablename__:
        raise AppendOnly("audit records may not be changed or removed")
