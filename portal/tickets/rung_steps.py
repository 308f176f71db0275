"""The steps of a ladder as pages show them: drawn once for what they say, on whichever ticket."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from portal.web.drawing import drawn


class Step(NamedTuple):
    """A rung: its number, when, at which unit (its name), why nobody is mailed there, or how many are."""

    number: int
    at: datetime
    unit: str
    skipped: str | None
    recipients: int


def rung_steps(rungs: Iterable[Any], units: Mapping[str, Any]) -> Markup:
    """Those of `portal.tickets.forecast`, lowest first; `units` by code."""
    steps = (Step(rung.number, rung.at, units[rung.unit].name, rung.skipped, len(rung.recipients.to)) for rung in rungs)
    return drawn("components/ladder_drawing.html", "steps", tuple(steps))
