"""A mail that was taken to be sent: what travels, and what settling it needs; lighter than its row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """The columns of the outbox of the same names."""

    id: int
    token: str
    message_id: str
    to_address: str
    to_name: str
    language: str
    contact_id: int | None
    subject: str
    body_text: str
    body_html: str
    headers: dict[str, Any]
    created_at: datetime
    attempts: int
    first_try_at: datetime | None
