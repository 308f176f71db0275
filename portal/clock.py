"""The one module that reads the clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC, to the whole second (what a limit is computed from is what is shown)."""
    return datetime.now(UTC).replace(microsecond=0)
