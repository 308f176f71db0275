"""The signature of an event, as Standard Webhooks 1.0 has it, so that receivers check it with a library of their own.

`webhook-id`, `webhook-timestamp` (seconds) and the body, joined by dots, under HMAC-SHA256; the secret is `whsec_` and
base64 of its bytes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"
VERSION = "v1"
LENGTH = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def signed(secret: str, event_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The three headers of an event that is sent at `at`."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b".".join([event_id.encode(), seconds.encode(), body]), hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"{VERSION},{base64.b64encode(digest).decode()}",
    }
