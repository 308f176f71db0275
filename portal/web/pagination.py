"""Pages by key: the next page begins after the last row of this one, however many rows came in between."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and where the next begin; `next` is None on the last page."""

    items: Sequence[T]
    next: str | None = None


def page_of(rows: Sequence[T], size: int, key: Callable[[T], Key]) -> Page[T]:
    """The first `size` of `rows`; ask the database for one row more, which tells whether there is a next page."""
    items = rows[:size]
    return Page(items, encode(key(items[-1])) if len(rows) > size else None)


def encode(key: Key) -> str:
    """A key as it stands in an address."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode(text: str | None) -> Key | None:
    """What `encode` gave; None for nothing and for what is no key."""
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    return tuple(key) if isinstance(key, list) else None
