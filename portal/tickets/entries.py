"""A line of a ticket's history, drawn once for what it says, whoever reads it."""

import json
from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace

from markupsafe import Markup

from directory.models import Unit
from portal.tickets.blanks import drawn_by
from portal.tickets.models import Entry
from portal.web.drawing import made

HISTORY = "components/history.html"
Step = tuple[str, str]
"What a step is called in English and in Chinese."


def line_of(entry: Entry, units: Mapping[str, Unit], *, new: bool, editable: bool) -> Markup:
    """The line; `units`, whose names may stand in it. One on which anything hangs is drawn for its reader."""
    if entry.aside or entry.edited_at or entry.attachments or entry.mentions:  # type: ignore[attr-defined]
        return drawn_by(HISTORY, "history_item", entry, units, new, editable)
    to, task, by = units.get(entry.detail.get("unit", "")), entry.task, entry.by_unit
    return made(
        _plain, entry.id, entry.ticket.number, entry.kind, entry.at, entry.by, by.name if by else None,
        (task.step, task.step_zh) if task else None, to.name if to else None, entry.text, json.dumps(entry.detail),
        new, editable,
    )  # fmt: skip


def _plain(
    entry_id: int, number: str, kind: str, at: datetime, by: str, by_unit: str | None, step: Step | None,
    to: str | None, text: str, detail: str, new: bool, editable: bool,
) -> Markup:  # fmt: skip
    """Of these facts and nothing else."""
    known = json.loads(detail)
    entry = SimpleNamespace(
        id=entry_id, ticket=SimpleNamespace(number=number), kind=kind, at=at, by=by, text=text, detail=known,
        by_unit=by_unit and SimpleNamespace(name=by_unit), task=step and SimpleNamespace(step=step[0], step_zh=step[1]),
        aside=False, edited_at=None, attachments=(), mentions=(),
    )  # fmt: skip
    units = {known["unit"]: SimpleNamespace(name=to)} if to else {}
    return drawn_by(HISTORY, "history_item", entry, units, new, editable)
