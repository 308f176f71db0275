"""How one record of the audit log is linked to the one before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

CONTENT = (
    "id", "serial", "at", "actor", "officer_id", "token_id", "unit_code", "address", "action", "object", "detail",
)  # fmt: skip
"The fields that the hash covers."

GENESIS = "0" * 64
"What the first record has in place of the hash before it."


def link(content: Mapping[str, Any], previous_hash: str) -> str:
    """SHA-256, as hex, over the record's fields in canonical JSON and the hash before it."""
    facts = {name: content[name] for name in CONTENT} | {"previous_hash": previous_hash}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_instant)
    return hashlib.sha256(text.encode()).hexdigest()


def _instant(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} does not belong into the audit log")
