"""Signs of life: `/readyz` for machines, for people a banner on every page and a page of the workers."""

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, render_template
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.clock import now
from portal.extensions import db
from portal.health.gathering import readiness, silent
from portal.health.queries import FOR_EVERYBODY, SILENT_AFTER, last_beats, workers
from portal.health.state import silent_loops
from portal.web.access import public, requires
from portal.web.permissions import Permission

bp = Blueprint("health", __name__)
BEATS = "last beats"
"Key of `Flask.extensions` under which this process keeps the beats that it has read."


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Whether the portal can do its work: 200, or 503 with what is wrong."""
    checks = readiness(db.session, current_app.extensions["settings"], now())
    wrong = [why for why in checks.values() if why]
    told = {name: {"ok": not why, "why": why} for name, why in checks.items()}
    return jsonify({"status": "not ready" if wrong else "ready", "checks": told}), 503 if wrong else 200


@bp.get("/workers")
@requires(Permission.OUTBOX_READ)
def overview() -> str:
    return render_template("health/workers.html", workers=db.session.scalars(workers()).all(), at=now(),
                           silent=silent(db.session, now()), after=SILENT_AFTER)  # fmt: skip


@bp.app_context_processor
def banner() -> dict[str, Any]:
    """For every page: which loops stand still, asked only where a page shows it."""
    return {"standing_still": lambda: _known_silent() if current_user.is_authenticated else []}


def _known_silent() -> list[str]:
    """Of the loops that everybody is told of. A beat counts for minutes, whenever it was read; then one asks again."""
    known: dict[str, datetime] = current_app.extensions.setdefault(BEATS, {})
    if silent_loops(known, FOR_EVERYBODY, now(), SILENT_AFTER):
        known.update(db.session.execute(last_beats()).all())
    return silent_loops(known, FOR_EVERYBODY, now(), SILENT_AFTER)
