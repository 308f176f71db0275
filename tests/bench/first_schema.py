"""Rows for the tables of the first schema, which no model of today knows: made from the tables as they are found."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, String, Table

AT = datetime(2016, 1, 4, 1, tzinfo=UTC)
STATES = {"task.state": "sent", "ticket.state": "open", "outbox_mail.state": "queued", "contact.state": "unconfirmed",
          "unit.kind": "hall", "contact.role": "desk", "clock.kind": "answer", "ticket.urgency": "normal",
          "audit_record.action": "officer.add", "calendar_day.kind": "closed", "locality.kind": "county", "role_grant.role": "officer",
          "party.role": "opener", "absence.ends_at": AT + timedelta(days=1), "duty_shift.ends_at": AT + timedelta(days=1)}  # fmt: skip
"What a column holds of which something is asked."
NOTHING = {"task.assignee_post_id", "absence.deputy_contact_id"}
"Empty, since another column of the row says it."


def filled(table: Table) -> dict[str, Any]:
    """One row, which refers to the one row of each other table."""
    return {column.name: value_of(table, column) for column in table.c if not _left_out(table, column)}


def value_of(table: Table, column: Column[Any]) -> Any:
    """By the column's type; a reference holds what its own table's row holds there."""
    for key in column.foreign_keys:
        return value_of(key.column.table, key.column)
    known = STATES.get(f"{table.name}.{column.name}")
    if known is not None:
        return known
    if isinstance(column.type, String):
        return f"{table.name} {column.name}"[: column.type.length or 40]
    return next(value for kind, value in VALUES.items() if isinstance(column.type, kind))


VALUES: dict[type, Any] = {Boolean: False, Integer: 1, DateTime: AT, Date: date(2016, 1, 4), JSON: {}, Float: 1.0, LargeBinary: b"kept"}


def _left_out(table: Table, column: Column[Any]) -> bool:
    """What a row says of another row of its own table."""
    if f"{table.name}.{column.name}" in NOTHING:
        return True
    return column.nullable is True and any(key.column.table is table for key in column.foreign_keys)
