"""What `portal sweep` tells: as JSON with units in full, and in words with why each rung is climbed."""

from datetime import datetime
from typing import Any, cast

from flask import current_app

from directory.presenting import public, unit_shapes
from portal.config import Settings
from portal.escalation.swept import Climbed, SweepReport
from portal.extensions import db


def swept_with_units(report: SweepReport) -> dict[str, Any]:
    """The report with instants on the portal's clock and units in full: `{code, name, kind, path}`."""
    told = report.to_dict()
    shapes = unit_shapes(db.session, {one["unit"] for one in [*told["climbed"], *told["skipped"]]})
    for one in [*told["climbed"], *told["skipped"]]:
        one["unit"] = public(shapes[one["unit"]])
    told["at"] = _here(report.at).isoformat()
    return told


def swept_in_words(report: SweepReport) -> str:
    """A line for each rung: which limit, when it ended or will, whose turn it was when, and who is mailed."""
    codes = {*(one.unit for one in report.climbed), *(none.unit for none in report.skipped)}
    shapes = unit_shapes(db.session, codes)
    lines = [f"{len(report.climbed)} climbed, {len(report.skipped)} skipped, {report.messages} mails."]
    for one in report.climbed:
        where = f"{shapes[one.unit]['name']} {one.unit}"
        lines.append(f"{one.ticket} {_why(one)}: {where} → {', '.join(one.recipients)}")
    for none in report.skipped:
        lines.append(f"{none.ticket} rung {none.rung}: {shapes[none.unit]['name']} {none.unit}: {none.reason}")
    return "\n".join(lines)


def _why(one: Climbed) -> str:
    tense = "ends" if one.rung == 0 else "passed"
    return f"{one.clock} rung {one.rung} of {_shown(one.planned_at)}, limit {tense} {_shown(one.due_at)}"


def _shown(at: datetime) -> str:
    return f"{_here(at):%Y-%m-%d %H:%M}"


def _here(at: datetime) -> datetime:
    return at.astimezone(cast(Settings, current_app.extensions["settings"]).timezone)
